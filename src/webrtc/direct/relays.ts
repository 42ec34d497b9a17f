import type { types } from 'mediasoup';
import type { Log } from '../../platform/index.js';
import { messageOf } from '../../platform/index.js';
import { TooManyViewers, WebRtcUnavailable } from '../errors.js';
import type { Wish } from '../stage.js';
import { Viewer } from '../viewer.js';
import type { WebRtcWorker } from '../workers.js';
import { keyOfPlan, planDirect } from './direct-plan.js';
import type { DirectPlan } from './direct-plan.js';
import { LossSteering } from './loss-steering.js';
import { Relay } from './relay.js';
import type { RelaySource } from './relay.js';

/** In one worker: each costs a copy of the stream, and whoever offers makes one. */
const MAX_RELAYS = 8;
/** One that nobody uses goes after this; a page that is loaded again finds it there. */
const IDLE_MS = 5_000;

interface Line {
  key: string;
  worker: WebRtcWorker;
  relay: Promise<Relay>;
  viewers: Set<Viewer>;
  /** Viewers that are being seated. */
  coming: number;
  idleTimer: NodeJS.Timeout | undefined;
}

/** One publisher's packets, as they are, to the viewers who can decode them. It lasts as long as the publisher. */
export class Relays {
  readonly #source: RelaySource;
  readonly #log: Log;
  readonly #lines = new Map<string, Line>();
  #isClosed = false;

  constructor(options: { source: RelaySource; log: Log }) {
    this.#source = options.source;
    this.#log = options.log;
  }

  /** Viewers that have connected. */
  get viewerCount(): number {
    return [...this.#lines.values()].reduce((sum, { viewers }) => sum + [...viewers].filter(({ isConnected }) => isConnected).length, 0);
  }

  viewersIn(worker: WebRtcWorker): number {
    return [...this.#lines.values()].filter((line) => line.worker === worker).reduce((sum, { viewers, coming }) => sum + viewers.size + coming, 0);
  }

  /** Whether such a viewer can decode what is published. */
  fits(wish: Wish): boolean {
    return !this.#isClosed && this.#planFor(wish) !== undefined;
  }

  /** Whether a worker already has what a viewer with such an offer gets. */
  suits(worker: WebRtcWorker, wish: Wish): boolean {
    const plan = this.#planFor(wish);
    return plan !== undefined && this.#lines.has(keyOf(worker, plan));
  }

  /** @throws {WebRtcUnavailable} when the publisher is gone meanwhile; {@link TooManyViewers}. */
  async admit(worker: WebRtcWorker, wish: Wish): Promise<Viewer> {
    const plan = this.#planFor(wish);
    if (plan === undefined || this.#isClosed) throw interrupted();
    const line = this.#lineFor(worker, plan);
    line.coming++;
    try {
      const relay = await line.relay;
      const { transport, consumers } = await relay.seat(wish.rtpCapabilities);
      return this.#seat(line, transport, consumers);
    } finally {
      line.coming--;
      this.#cutWhenIdle(line);
    }
  }

  close(reason: string): void {
    this.#isClosed = true;
    for (const line of [...this.#lines.values()]) this.#cut(line, reason);
  }

  /** A worker that is gone took its viewers along. */
  forget(worker: WebRtcWorker): void {
    for (const line of [...this.#lines.values()]) if (line.worker === worker) this.#cut(line, 'a part of the server was started anew');
  }

  #planFor({ rtpCapabilities, kinds }: Wish): DirectPlan | undefined {
    const sent = this.#source.producers.flatMap(({ kind, rtpParameters }) => rtpParameters.codecs.slice(0, 1).map((codec) => ({ kind, codec })));
    return planDirect(sent, rtpCapabilities, kinds);
  }

  #lineFor(worker: WebRtcWorker, plan: DirectPlan): Line {
    const key = keyOf(worker, plan);
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    this.#makeRoom(worker);
    const line: Line = { key, worker, relay: Relay.open(this.#source, worker, plan), viewers: new Set(), coming: 0, idleTimer: undefined };
    this.#lines.set(key, line);
    line.relay.catch((error: unknown) => {
      this.#log.warn('a publisher could not be relayed', { pid: worker.worker.pid, error: messageOf(error) });
      if (this.#lines.get(key) === line) this.#lines.delete(key);
    });
    return line;
  }

  #makeRoom(worker: WebRtcWorker): void {
    const inWorker = [...this.#lines.values()].filter((line) => line.worker === worker);
    if (inWorker.length < MAX_RELAYS) return;
    const unused = inWorker.find(({ viewers, coming }) => viewers.size + coming === 0);
    if (unused === undefined) throw new TooManyViewers(this.viewerCount);
    this.#cut(unused, 'others need the place');
  }

  #seat(line: Line, transport: types.WebRtcTransport, consumers: types.Consumer[]): Viewer {
    if (this.#lines.get(line.key) !== line) {
      transport.close();
      throw interrupted();
    }
    const viewer = new Viewer({ transport, consumers, steering: steeringOf(consumers) });
    line.viewers.add(viewer);
    viewer.once('closed', () => {
      line.viewers.delete(viewer);
      this.#cutWhenIdle(line);
    });
    return viewer;
  }

  #cutWhenIdle(line: Line): void {
    clearTimeout(line.idleTimer);
    const isIdle = (): boolean => line.viewers.size + line.coming === 0 && this.#lines.get(line.key) === line;
    if (!isIdle()) return;
    line.idleTimer = setTimeout(() => {
      if (isIdle()) this.#cut(line, 'nobody watches');
    }, IDLE_MS);
    line.idleTimer.unref();
  }

  #cut(line: Line, reason: string): void {
    this.#lines.delete(line.key);
    clearTimeout(line.idleTimer);
    for (const viewer of line.viewers) viewer.close(reason);
    void line.relay.then((relay) => relay.close()).catch(() => undefined);
  }
}

function keyOf({ worker }: WebRtcWorker, plan: DirectPlan): string {
  return `${worker.pid} ${keyOfPlan(plan)}`;
}

/** mediasoup estimates what a viewer's network carries where the viewer helps it to; elsewhere its losses have to tell. */
function steeringOf(consumers: types.Consumer[]): LossSteering | undefined {
  const video = consumers.find(({ type }) => type === 'simulcast');
  return video === undefined || isEstimated(video) ? undefined : new LossSteering(video);
}

function isEstimated({ rtpParameters }: types.Consumer): boolean {
  return rtpParameters.codecs.some(({ rtcpFeedback = [] }) => rtcpFeedback.some(({ type }) => type === 'transport-cc' || type === 'goog-remb'));
}

function interrupted(): WebRtcUnavailable {
  return new WebRtcUnavailable('the stream was interrupted just now', { retryAfterSec: 1 });
}
