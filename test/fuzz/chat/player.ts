import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import { z } from 'zod';
import { messageOf } from '../../../src/platform/index.js';
import { makeCase } from './cases.js';
import type { ChatCase } from './cases.js';

const ANSWERED_WITHIN_MS = 15_000;
/** A server that is hostile to hostile clients closes the connection; it may take its time. */
const SETTLED_MS = 30;
/** Cases of one WebSocket connection. */
const CASES_EACH = 50;

const DISCONNECTED = Symbol('disconnected');

const reply = z.union([z.looseObject({ ok: z.literal(true) }), z.strictObject({ ok: z.literal(false), code: z.string().regex(/^[a-z][a-z_]+$/), message: z.string(), retryAfterSec: z.number().optional() })]);

export interface PlayerOptions {
  /** Of the server. */
  url: string;
  seed: number;
  /** Access tokens; the first is the owner's. Undefined: a reader. */
  tokens: (string | undefined)[];
  /** What was seen. */
  count: (outcome: string) => void;
  fail: (what: string) => void;
}

/** Plays cases against a server, on one connection after the other. */
export class Player {
  readonly #options: PlayerOptions;
  readonly #slot: number;
  #client: Socket | undefined;
  #played = 0;

  constructor(options: PlayerOptions, slot: number) {
    this.#options = options;
    this.#slot = slot;
  }

  async play(index: number): Promise<void> {
    const one = makeCase(this.#options.seed, index);
    try {
      if (one.kind === 'event') await this.#ask(index, one);
      else if (one.kind === 'packet') await this.#send(one);
      else await this.#poll(index, one);
    } catch (error) {
      this.#options.fail(`case ${index}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }

  close(): void {
    this.#client?.disconnect();
    this.#client = undefined;
  }

  async #ask(index: number, one: ChatCase & { kind: 'event' }): Promise<void> {
    const client = await this.#connected();
    if (!one.isAcknowledged) {
      client.emit(one.name, ...one.sent);
      return this.#options.count(`${one.name.slice(0, 20)} unacknowledged`);
    }
    const lost = new AbortController();
    const gone = (): void => lost.abort();
    client.once('disconnect', gone);
    const told: unknown = await Promise.race([
      client.timeout(ANSWERED_WITHIN_MS).emitWithAck(one.name, ...one.sent).catch((error: unknown) => {
        // What is too large, or no packet at all, costs its sender the connection.
        if (messageOf(error) !== 'socket has been disconnected') throw error;
        return DISCONNECTED;
      }),
      once(lost.signal, 'abort').then(() => DISCONNECTED),
    ]).finally(() => client.off('disconnect', gone));
    this.#check(index, one, told);
  }

  #check(index: number, one: ChatCase & { kind: 'event' }, told: unknown): void {
    const name = one.name.slice(0, 20);
    if (told === DISCONNECTED) return this.#options.count(`${name}: disconnected`);
    const answer = reply.safeParse(told).data;
    if (answer === undefined) return this.#options.fail(`case ${index}: ${name} was answered with ${JSON.stringify(told).slice(0, 200)}`);
    if (!answer.ok && answer.code === 'internal_error') this.#options.fail(`case ${index}: ${name} broke the server: ${JSON.stringify(one.sent).slice(0, 500)}`);
    this.#options.count(answer.ok ? `${name} ok` : `${name} ${String(answer.code)}`);
  }

  /** Text and bytes over a WebSocket of its own, after an orderly start. */
  async #send({ packets }: ChatCase & { kind: 'packet' }): Promise<void> {
    const socket = await openWebSocket(this.#options.url, this.#address());
    try {
      for (const packet of ['40/chat,', ...packets]) socket.write(frameOf(packet));
      await Promise.race([once(socket, 'close'), delay(SETTLED_MS)]);
      this.#options.count(socket.destroyed || socket.readableEnded ? 'packets: closed' : 'packets: open');
    } finally {
      socket.destroy();
    }
  }

  async #poll(index: number, { query, body }: ChatCase & { kind: 'polling' }): Promise<void> {
    const headers = { 'content-type': 'text/plain;charset=UTF-8', 'x-forwarded-for': this.#address() };
    const opened = await (await fetch(`${this.#options.url}/socket.io/?EIO=4&transport=polling`, { headers })).text();
    const sid = /"sid":"([^"]+)"/.exec(opened)?.[1] ?? '';
    for (const where of [query, `EIO=4&transport=polling&sid=${sid}`]) {
      const { status } = await fetch(`${this.#options.url}/socket.io/?${where}`, { method: 'POST', headers, body, signal: AbortSignal.timeout(ANSWERED_WITHIN_MS) });
      if (status >= 500) this.#options.fail(`case ${index}: a body was answered with ${status}`);
      this.#options.count(`polling ${status}`);
    }
  }

  async #connected(): Promise<Socket> {
    if (this.#client?.connected === true && this.#played++ < CASES_EACH) return this.#client;
    this.close();
    this.#played = 0;
    const { url, tokens } = this.#options;
    const token = tokens[(this.#slot + this.#played) % tokens.length];
    const client: Socket = io(`${url}/chat`, { auth: { token }, transports: ['websocket'], forceNew: true, reconnection: false, extraHeaders: { 'x-forwarded-for': this.#address() } });
    this.#client = client;
    await new Promise<void>((resolve, reject) => {
      client.once('hello', () => resolve());
      client.once('connect_error', reject);
    });
    await client.timeout(ANSWERED_WITHIN_MS).emitWithAck('join-room', { channel: 'ada' });
    return client;
  }

  #address(): string {
    return `10.${this.#slot % 250}.${randomBytes(1)[0] ?? 0}.${randomBytes(1)[0] ?? 0}`;
  }
}

/** RFC 6455 §4.1, with nothing that stands between us and the bytes. */
async function openWebSocket(url: string, address: string): Promise<Duplex> {
  const asked = request(`${url}/socket.io/?EIO=4&transport=websocket`, {
    agent: false,
    headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': randomBytes(16).toString('base64'), 'x-forwarded-for': address },
  });
  asked.end();
  return new Promise((resolve, reject) => {
    asked.once('error', reject);
    asked.once('response', ({ statusCode }) => reject(new Error(`no upgrade: ${statusCode}`)));
    asked.once('upgrade', (_response, socket) => {
      socket.on('error', () => undefined); // the server may close it while we write
      socket.resume();
      resolve(socket);
    });
  });
}

/** One masked frame (RFC 6455 §5.2), the mask being zero. */
function frameOf(packet: string | Buffer): Buffer {
  const payload = Buffer.from(packet);
  const head = Buffer.alloc(payload.length < 126 ? 2 : 4);
  head[0] = 0x80 | (typeof packet === 'string' ? 1 : 2);
  head[1] = 0x80 | (payload.length < 126 ? payload.length : 126);
  if (payload.length >= 126) head.writeUInt16BE(Math.min(payload.length, 65_535), 2);
  return Buffer.concat([head, Buffer.alloc(4), payload.subarray(0, 65_535)]);
}
