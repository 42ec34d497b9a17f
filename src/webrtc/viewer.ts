import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import { unlessGone } from './unless-gone.js';

export interface ViewerEvents {
  /** Media flows. */
  connected: [];
  /** Something came from the player since the last look. */
  heard: [];
  /** It is over, and says why. */
  closed: [reason: string];
}

/** Decides which layer of the picture a viewer is sent. */
export interface Steering {
  /** Media flows from now on. */
  begin(): void;
  close(): void;
}

export interface ViewerOptions {
  transport: types.WebRtcTransport;
  consumers: types.Consumer[];
  /** Undefined where there is nothing to choose. */
  steering: Steering | undefined;
}

const CONNECT_LIMIT_MS = 10_000;
/** Browsers report each second, and every player proves its consent each four to six (RFC 7675 §5.1), some of which is lost. */
const LISTEN_INTERVAL_MS = 2_000;
/** A viewer that is silent for this long is not counted; one that was killed is missed two seconds later at most. */
export const PRESENT_MS = 6_000;
const GONE_MS = 12_000;

/** One viewer: a transport with what it consumes. */
export class Viewer extends EventEmitter<ViewerEvents> {
  readonly #options: ViewerOptions;
  readonly #connectTimer: NodeJS.Timeout;
  #state: 'new' | 'connecting' | 'connected' | 'closed' = 'new';
  #listening: NodeJS.Timeout | undefined;
  #receivedBytes = 0;
  #heardMs = 0;

  constructor(options: ViewerOptions) {
    super();
    this.#options = options;
    const { transport } = options;
    transport.on('icestatechange', (state) => {
      if (state === 'disconnected') this.close('the network of the viewer is gone');
    });
    transport.on('dtlsstatechange', (state) => {
      if (state === 'connected') void this.#begin();
      else if (state === 'failed' || state === 'closed') this.close('the connection of the viewer was closed');
    });
    transport.observer.on('close', () => this.close('the stream is over'));
    this.#connectTimer = setTimeout(() => {
      if (this.#state !== 'connected') this.close('the viewer did not connect in time');
    }, CONNECT_LIMIT_MS);
  }

  get iceParameters(): types.IceParameters {
    return this.#options.transport.iceParameters;
  }

  get iceCandidates(): types.IceCandidate[] {
    return this.#options.transport.iceCandidates;
  }

  get dtlsParameters(): types.DtlsParameters {
    return this.#options.transport.dtlsParameters;
  }

  get consumers(): { kind: 'video' | 'audio'; rtpParameters: types.RtpParameters }[] {
    return this.#options.consumers.map(({ kind, rtpParameters }) => ({ kind, rtpParameters }));
  }

  get isConnected(): boolean {
    return this.#state === 'connected';
  }

  /** Whether it is connected and was heard of lately. */
  get isPresent(): boolean {
    return this.isConnected && performance.now() - this.#heardMs < PRESENT_MS;
  }

  /** The player's side of DTLS; media follows when it has connected. */
  async connect(dtlsParameters: types.DtlsParameters): Promise<void> {
    if (this.#state === 'new') this.#state = 'connecting';
    await unlessGone(this.#options.transport, () => this.#options.transport.connect({ dtlsParameters }));
  }

  restartIce(): Promise<types.IceParameters> {
    return unlessGone(this.#options.transport, () => this.#options.transport.restartIce());
  }

  close(reason = 'the viewer left'): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#connectTimer);
    clearInterval(this.#listening);
    this.#options.steering?.close();
    this.#options.transport.close();
    this.emit('closed', reason);
    this.removeAllListeners();
  }

  async #begin(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'connected';
    this.#heardMs = performance.now();
    this.#listening = setInterval(() => void quietly(this.#listen()), LISTEN_INTERVAL_MS);
    this.emit('connected');
    await quietly(Promise.all(this.#options.consumers.map((consumer) => consumer.resume())));
    if (this.isConnected) this.#options.steering?.begin();
  }

  async #listen(): Promise<void> {
    const stats = await this.#options.transport.getStats();
    if (this.#state === 'closed') return;
    const receivedBytes = stats.reduce((sum, one) => sum + one.bytesReceived, 0);
    const nowMs = performance.now();
    if (receivedBytes === this.#receivedBytes) {
      if (nowMs - this.#heardMs >= GONE_MS) this.close('nothing came from the viewer any more');
      return;
    }
    this.#receivedBytes = receivedBytes;
    this.#heardMs = nowMs;
    this.emit('heard');
  }
}

/** A request to a worker fails when the viewer, or the worker, is gone meanwhile: then there is nothing to do. */
async function quietly(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined);
}
