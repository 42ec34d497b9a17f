import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import type { Test } from 'tap';

/** What a network does to packets, in both directions. */
export interface LinkFaults {
  /** Share of datagrams that are lost, 0 to 1. */
  loss?: number;
  delayMs?: number;
  /** Each delay is off by up to this, ms; datagrams overtake each other. */
  jitterMs?: number;
  isUdpBlocked?: boolean;
  isTcpBlocked?: boolean;
}

/** A network between players and a WebRTC server on the same port of another address, which can be made bad. */
export class LossyLink {
  faults: LinkFaults = {};
  readonly #backAddress: string;
  readonly #udp: Socket;
  readonly #tcp: Server;
  /** One socket towards the server for each player, by its address. */
  readonly #players = new Map<string, Socket>();
  #seed = 1;

  private constructor(front: { address: string; port: number }, backAddress: string) {
    this.#backAddress = backAddress;
    this.#udp = createSocket('udp4');
    this.#udp.on('message', (data, from) => this.#carry(() => this.#playerOf(from).send(data, front.port, backAddress)));
    this.#tcp = createServer((player) => {
      if (this.faults.isTcpBlocked) return void player.destroy();
      const server = connect(front.port, backAddress);
      for (const one of [player, server]) one.on('error', () => undefined);
      player.pipe(server).pipe(player);
    });
  }

  /** Listens on the front and passes on to the same port of the back. */
  static async open(t: Test, front: { address: string; port: number }, backAddress: string): Promise<LossyLink> {
    const link = new LossyLink(front, backAddress);
    link.#udp.bind(front.port, front.address);
    link.#tcp.listen(front.port, front.address);
    await Promise.all([once(link.#udp, 'listening'), once(link.#tcp, 'listening')]);
    t.after(() => link.#close());
    return link;
  }

  #playerOf(from: RemoteInfo): Socket {
    const name = `${from.address}:${from.port}`;
    const known = this.#players.get(name);
    if (known !== undefined) return known;
    const socket = createSocket('udp4');
    socket.bind(0, this.#backAddress);
    socket.on('message', (data) => this.#carry(() => this.#udp.send(data, from.port, from.address)));
    socket.on('error', () => undefined);
    this.#players.set(name, socket);
    return socket;
  }

  #carry(send: () => void): void {
    const { loss = 0, delayMs = 0, jitterMs = 0, isUdpBlocked = false } = this.faults;
    if (isUdpBlocked || this.#random() < loss) return;
    if (delayMs === 0) return send();
    setTimeout(send, delayMs + (2 * this.#random() - 1) * jitterMs).unref();
  }

  /** The same losses in every run (a linear congruential generator). */
  #random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed / 2 ** 32;
  }

  #close(): void {
    this.faults = { isUdpBlocked: true, isTcpBlocked: true };
    this.#udp.close();
    this.#tcp.close();
    for (const socket of this.#players.values()) socket.close();
  }
}
