import { EventEmitter, once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { createWorker } from 'mediasoup';
import type { types } from 'mediasoup';
import type { Component, Log } from '../platform/index.js';
import { messageOf, withDeadline } from '../platform/index.js';
import { listenAddresses } from './listen-addresses.js';

export interface WebRtcWorkersOptions {
  count: number;
  /** UDP and TCP port of the first worker; each further one takes the next. 0: any free ports. */
  port: number;
  bindAddress: string;
  /** Address or host name that players are told; empty: the bound one. */
  announcedAddress: string;
  log: Log;
}

/** One mediasoup worker process with its sockets. */
export interface WebRtcWorker {
  worker: types.Worker;
  server: types.WebRtcServer;
}

export interface WebRtcWorkersEvents {
  started: [];
  /** A worker process is gone, and everything in it; another takes its place. */
  died: [worker: WebRtcWorker];
}

/** Key frames go out to everybody at once. */
const SEND_BUFFER_BYTES = 4 << 20;
const RECEIVE_BUFFER_BYTES = 1 << 20;
const START_LIMIT_MS = 10_000;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 10_000;
/** A worker that lived for this long did not die of what the one before it died of. */
const SETTLED_MS = 30_000;

interface Slot {
  index: number;
  current: WebRtcWorker | undefined;
  retryMs: number;
  startedMs: number;
  timer: NodeJS.Timeout | undefined;
  opening: Promise<void> | undefined;
}

/** The mediasoup workers: one process each, replaced when it dies. */
export class WebRtcWorkers extends EventEmitter<WebRtcWorkersEvents> implements Component {
  readonly #options: WebRtcWorkersOptions;
  readonly #log: Log;
  readonly #slots: Slot[];
  #state: 'new' | 'running' | 'stopped' = 'new';
  #starting: Promise<void> | undefined;
  #someWorker: Promise<void> | undefined;

  constructor(options: WebRtcWorkersOptions) {
    super();
    this.#options = options;
    this.#log = options.log;
    this.#slots = Array.from({ length: options.count }, (_value, index) => ({ index, current: undefined, retryMs: FIRST_RETRY_MS, startedMs: 0, timer: undefined, opening: undefined }));
  }

  /** Those that run. */
  get list(): WebRtcWorker[] {
    return this.#slots.flatMap(({ current }) => current ?? []);
  }

  /** Waits while none runs, for a time: viewers of one that died come back before there is another. */
  async waitForOne(limitMs: number): Promise<void> {
    if (this.list.length > 0 || this.#state !== 'running') return;
    this.#someWorker ??= once(this, 'started').then(() => { this.#someWorker = undefined; });
    await withDeadline(this.#someWorker, limitMs).catch(() => undefined);
  }

  /** Never rejects: without workers, the server goes on without WebRTC. */
  start(): Promise<void> {
    this.#starting ??= this.#startAll();
    return this.#starting;
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
    await this.#starting;
    const closed = this.#slots.map(async (slot) => {
      clearTimeout(slot.timer);
      await slot.opening;
      const { current } = slot;
      slot.current = undefined;
      await (current && closeWorker(current.worker));
    });
    await Promise.all(closed);
  }

  async #startAll(): Promise<void> {
    this.#state = 'running';
    await Promise.all(this.#slots.map((slot) => this.#openIn(slot)));
  }

  #openIn(slot: Slot): Promise<void> {
    slot.opening = this.#open(slot);
    return slot.opening;
  }

  async #open(slot: Slot): Promise<void> {
    if (this.#state !== 'running') return;
    try {
      const opened = await this.#createWorker(slot);
      slot.current = opened;
      slot.startedMs = performance.now();
      this.emit('started');
      opened.worker.on('died', (error) => this.#replace(slot, opened, error));
      this.#log.info('WebRTC worker started', { pid: opened.worker.pid, port: this.#portOf(slot) });
    } catch (error) {
      this.#log.error('a WebRTC worker could not be started', { port: this.#portOf(slot), error: messageOf(error) });
      this.#retry(slot);
    }
  }

  #replace(slot: Slot, dead: WebRtcWorker, error: Error): void {
    if (this.#state !== 'running') return;
    this.#log.error('a WebRTC worker died and is replaced', { pid: dead.worker.pid, error: messageOf(error) });
    slot.current = undefined;
    if (performance.now() - slot.startedMs > SETTLED_MS) slot.retryMs = FIRST_RETRY_MS;
    this.emit('died', dead);
    this.#retry(slot);
  }

  #retry(slot: Slot): void {
    if (this.#state !== 'running') return;
    slot.timer = setTimeout(() => void this.#openIn(slot), slot.retryMs);
    slot.retryMs = Math.min(MAX_RETRY_MS, slot.retryMs * 2);
  }

  async #createWorker(slot: Slot): Promise<WebRtcWorker> {
    const worker = await createWorker({ logLevel: 'error' });
    try {
      const server = await Promise.race([worker.createWebRtcServer({ listenInfos: this.#listenInfos(slot) }), failAfter(START_LIMIT_MS)]);
      return { worker, server };
    } catch (error) {
      await closeWorker(worker);
      throw error;
    }
  }

  #listenInfos(slot: Slot): types.TransportListenInfo[] {
    const port = this.#portOf(slot);
    const sockets = listenAddresses(this.#options, networkInterfaces()).map((address) => ({ ...address, ...(port === 0 ? {} : { port }) }));
    return [
      ...sockets.map((socket) => ({ protocol: 'udp' as const, ...socket, sendBufferSize: SEND_BUFFER_BYTES, recvBufferSize: RECEIVE_BUFFER_BYTES })),
      ...sockets.map((socket) => ({ protocol: 'tcp' as const, ...socket })),
    ];
  }

  #portOf({ index }: Slot): number {
    return this.#options.port === 0 ? 0 : this.#options.port + index;
  }
}

/** Resolves when the process is gone. */
async function closeWorker(worker: types.Worker): Promise<void> {
  if (worker.subprocessClosed) return;
  const gone = new Promise<void>((resolve) => worker.on('subprocessclose', resolve));
  worker.close();
  await gone;
}

async function failAfter(limitMs: number): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, limitMs).unref());
  throw new Error(`not done after ${limitMs / 1000} s`);
}
