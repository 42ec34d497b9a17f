import { createHmac, randomUUID } from 'node:crypto';
import type { Component, Log } from '../platform/index.js';
import { AppError, messageOf, withDeadline } from '../platform/index.js';
import type { WebRtcConfig } from './config.js';
import { Relays } from './direct/relays.js';
import { NoRealTime, NotLive, OfferRefused, TooManyViewers, WebRtcUnavailable } from './errors.js';
import { LiveFeed } from './feed/live-feed.js';
import type { IceServer } from './http/ice-links.js';
import type { OpenOpus } from './feed/live-feed.js';
import { Publisher } from './receive/publisher.js';
import type { PublisherLimits } from './receive/publisher.js';
import type { PublisherPlan } from './receive/publisher-plan.js';
import type { Client, Wish } from './stage.js';
import { Stage } from './stage.js';
import { PRESENT_MS } from './viewer.js';
import type { Viewer } from './viewer.js';
import { WebRtcWorkers } from './workers.js';
import type { WebRtcWorker } from './workers.js';

export interface WebRtcOptions {
  config: WebRtcConfig;
  bindAddress: string;
  /** Number of mediasoup workers. */
  workers: number;
  /** Tells every few seconds that a viewer watches, and for how long that holds. */
  onWatching: (broadcastId: string, client: Client, presentMs: number) => void;
  /** What one publisher may send. */
  publishing: PublisherLimits;
  /** Why there is no worker to run, as a sentence that says how to mend it; undefined when there is one. */
  missing: string | undefined;
  log: Log;
}

export interface LiveShow {
  id: string;
  slug: string;
  epochMs: number;
  facts: () => { hasBFrames: boolean };
  /** The publication that feeds it now. */
  publicationId: () => string | undefined;
  openOpus: OpenOpus;
}

/** A stage that nobody watches goes on for this long: a page that is loaded again finds it there. */
const IDLE_MS = 10_000;
/** A worker with a branch of this broadcast already is preferred, unless it has this many viewers more. */
const BRANCH_WORTH = 20;
const WORKER_WAIT_MS = 2_500;
/** Viewers of a publisher that is gone come back at once; the next one needs a moment to its first picture. */
const PUBLISHER_WAIT_MS = 1_500;
const NO_WORKER = 'the WebRTC worker is being started again: try once more';

interface Show {
  id: string;
  slug: string;
  publicationId: () => string | undefined;
  feed: LiveFeed;
  stage: Stage | undefined;
  idleTimer: NodeJS.Timeout | undefined;
}

/** Where viewers of a broadcast are seated: among those of its renditions, or at its publisher's own packets. */
type House = Pick<Relays, 'suits' | 'admit'>;

/** Plays broadcasts in real time: RTMP's media as RTP into mediasoup, and viewers out of it. */
export class WebRtc implements Component {
  readonly #config: WebRtcConfig;
  readonly #missing: string | undefined;
  readonly #log: Log;
  readonly #workers: WebRtcWorkers | undefined;
  readonly #onWatching: WebRtcOptions['onWatching'];
  readonly #publishing: PublisherLimits;
  readonly #publishers = new Map<Publisher, { worker: WebRtcWorker; relays: Relays }>();
  readonly #shows = new Map<string, Show>();

  constructor(options: WebRtcOptions) {
    const { config, missing, log } = options;
    this.#config = config;
    this.#log = log;
    this.#onWatching = options.onWatching;
    this.#publishing = options.publishing;
    this.#missing = config.enabled ? missing : 'WebRTC is switched off (webrtc.enabled)';
    if (this.#missing !== undefined) return;
    this.#workers = new WebRtcWorkers({ count: options.workers, port: config.port, bindAddress: options.bindAddress, announcedAddress: config.announcedAddress, log });
    this.#workers.on('died', (worker) => this.#forgetWorker(worker));
  }

  async start(): Promise<void> {
    if (this.#workers === undefined) this.#log.warn('no WebRTC', { reason: this.#missing });
    await this.#workers?.start();
  }

  async stop(): Promise<void> {
    for (const show of this.#shows.values()) this.#closeStage(show, 'the server is stopping');
    this.#shows.clear();
    await this.#workers?.stop();
  }

  /** For the health page: what is wrong, or undefined. Never makes the server unhealthy: HLS goes on. */
  get problem(): string | undefined {
    if (this.#missing !== undefined) return this.#missing;
    return this.#workers?.list.length === 0 ? NO_WORKER : undefined;
  }

  get viewers(): number {
    return this.#houses().reduce((sum, { viewerCount }) => sum + viewerCount, 0);
  }

  get workerPids(): number[] {
    return this.#workers?.list.map(({ worker }) => worker.pid) ?? [];
  }

  /** A broadcast begins; its media is pushed into what is given back: without WebRTC nothing, for nobody will ask for it. */
  open(live: LiveShow): LiveFeed | undefined {
    if (this.#missing !== undefined) return undefined;
    const feed = new LiveFeed({ epochMs: live.epochMs, facts: live.facts, openOpus: live.openOpus });
    const show: Show = { id: live.id, slug: live.slug, publicationId: live.publicationId, feed, stage: undefined, idleTimer: undefined };
    feed.on('layers', ({ main, low, note }) => {
      this.#log.info('real time', { channel: live.slug, main, low, note });
      if (main === undefined) this.#closeStage(show, note ?? 'the stream cannot be played in real time any more');
    });
    this.#shows.set(live.id, show);
    return feed;
  }

  close(id: string): void {
    const show = this.#shows.get(id);
    if (show === undefined) return;
    this.#shows.delete(id);
    this.#closeStage(show, 'the broadcast is over');
  }

  /** Whether a broadcast can be watched in real time; a worker that is just being replaced comes back. */
  isPossible(id: string): boolean {
    const show = this.#shows.get(id);
    return this.#missing === undefined && show !== undefined && (show.feed.layers.main !== undefined || this.#relaysOf(show) !== undefined);
  }

  /** Why the source itself is not played in real time, or nothing is; a sentence for the streamer. */
  noteOf(id: string): string | undefined {
    const show = this.#shows.get(id);
    return this.#missing ?? (show && this.#relaysOf(show) === undefined ? show.feed.layers.note : undefined);
  }

  /**
   * Lets a viewer in.
   * @throws {NotLive | NoRealTime | WebRtcUnavailable | TooManyViewers | TooManyKindsOfPlayers | CodecsRefused}
   */
  async admit(slug: string, wish: Wish): Promise<Viewer> {
    if (this.#missing !== undefined) throw new WebRtcUnavailable(this.#missing);
    const show = [...this.#shows.values()].find((one) => one.slug === slug);
    if (show === undefined) throw new NotLive(slug);
    await this.#waitForPublisher(show);
    const { main, note } = show.feed.layers;
    const relays = this.#relaysOf(show);
    const direct = relays?.fits(wish) === true ? relays : undefined;
    if (main === undefined && direct === undefined) throw new NoRealTime(note ?? 'the stream has no picture yet');
    await this.#workers?.waitForOne(WORKER_WAIT_MS);
    // Meanwhile it may have ended.
    if (this.#shows.get(show.id) !== show) throw new NotLive(slug);
    return await this.#admitTo(show, direct ?? this.#stageOf(show), wish);
  }

  /**
   * Opens a transport for a publisher.
   * @throws {WebRtcUnavailable}
   */
  async receive(plan: PublisherPlan): Promise<Publisher> {
    if (this.#missing !== undefined) throw new WebRtcUnavailable(this.#missing);
    await this.#workers?.waitForOne(WORKER_WAIT_MS);
    const loads = (this.#workers?.list ?? []).map((worker) => ({ worker, cost: this.#viewersIn(worker) + this.#publishersIn(worker) }));
    const [least] = loads.toSorted((a, b) => a.cost - b.cost);
    if (least === undefined) throw new WebRtcUnavailable(NO_WORKER, { retryAfterSec: 1 });
    return await this.#receiveIn(least.worker, plan);
  }

  /** What players may use to find a way through their networks. Credentials are those of coturn's REST scheme. */
  iceServers(): IceServer[] {
    const { stunUrls, turn } = this.#config;
    return [...(stunUrls.length > 0 ? [{ urls: stunUrls }] : []), ...(turn.urls.length > 0 ? [turnServer(turn, Date.now())] : [])];
  }

  async #admitTo(show: Show, house: House, wish: Wish & { client: Client }): Promise<Viewer> {
    try {
      const viewer = await house.admit(this.#chooseWorker(house, wish), wish);
      const count = (): void => this.#onWatching(show.id, wish.client, PRESENT_MS);
      viewer.once('connected', count);
      viewer.on('heard', count);
      viewer.once('closed', () => this.#closeWhenIdle(show));
      return viewer;
    } catch (error) {
      this.#closeWhenIdle(show);
      if (error instanceof AppError) throw error;
      // What fails in mediasoup while a viewer is let in is a worker that dies.
      this.#log.warn('a viewer could not be let in', { channel: show.slug, error: messageOf(error) });
      throw new WebRtcUnavailable(NO_WORKER, { retryAfterSec: 1 });
    }
  }

  #stageOf(show: Show): Stage {
    clearTimeout(show.idleTimer);
    show.stage ??= new Stage({ feed: show.feed, log: this.#log });
    return show.stage;
  }

  /** The packets of the publisher that feeds a broadcast, once there are some. */
  #relaysOf(show: Show): Relays | undefined {
    const publisher = this.#publisherOf(show);
    return publisher?.isFlowing ? this.#publishers.get(publisher)?.relays : undefined;
  }

  #publisherOf(show: Show): Publisher | undefined {
    const publicationId = show.publicationId();
    return publicationId === undefined ? undefined : [...this.#publishers.keys()].find((one) => one.publicationId === publicationId);
  }

  async #waitForPublisher(show: Show): Promise<void> {
    const publisher = this.#publisherOf(show);
    if (publisher === undefined || publisher.isFlowing) return;
    await withDeadline(publisher.firstPicture, PUBLISHER_WAIT_MS).catch(() => undefined);
  }

  async #receiveIn(worker: WebRtcWorker, plan: PublisherPlan): Promise<Publisher> {
    try {
      const publisher = await Publisher.open(worker, plan, this.#publishing);
      const relays = new Relays({ source: publisher.source, log: this.#log });
      this.#publishers.set(publisher, { worker, relays });
      publisher.once('closed', ({ message }) => {
        this.#publishers.delete(publisher);
        relays.close(message);
      });
      return publisher;
    } catch (error) {
      this.#log.warn('a publisher could not be let in', { error: messageOf(error) });
      // mediasoup takes no SSRC, mid or payload type twice, and what reads well may still not fit together.
      if (!worker.worker.closed && this.#workers?.list.includes(worker)) throw new OfferRefused(`the offer cannot be taken: ${messageOf(error)}`);
      throw new WebRtcUnavailable(NO_WORKER, { retryAfterSec: 1 });
    }
  }

  /** The one with the fewest viewers; those that have the broadcast already are worth a few. */
  #chooseWorker(house: House, wish: Wish): WebRtcWorker {
    const loads = (this.#workers?.list ?? []).map((worker) => {
      const viewers = this.#viewersIn(worker);
      return { worker, viewers, cost: viewers + (house.suits(worker, wish) ? 0 : BRANCH_WORTH) };
    });
    if (loads.length === 0) throw new WebRtcUnavailable(NO_WORKER, { retryAfterSec: 1 });
    const max = this.#config.maxViewersPerWorker;
    const free = loads.filter(({ viewers }) => viewers < max).toSorted((a, b) => a.cost - b.cost)[0];
    if (free === undefined) throw new TooManyViewers(loads.length * max);
    return free.worker;
  }

  #viewersIn(worker: WebRtcWorker): number {
    return this.#houses().reduce((sum, house) => sum + house.viewersIn(worker), 0);
  }

  #houses(): (Stage | Relays)[] {
    return [...[...this.#shows.values()].flatMap(({ stage }) => stage ?? []), ...[...this.#publishers.values()].map(({ relays }) => relays)];
  }

  #publishersIn(worker: WebRtcWorker): number {
    return [...this.#publishers.values()].filter((one) => one.worker === worker).length;
  }

  #closeWhenIdle(show: Show): void {
    clearTimeout(show.idleTimer);
    if (show.stage?.isEmpty !== true) return;
    show.idleTimer = setTimeout(() => {
      if (show.stage?.isEmpty === true) this.#closeStage(show, 'nobody watches');
    }, IDLE_MS);
    show.idleTimer.unref();
  }

  #closeStage(show: Show, reason: string): void {
    clearTimeout(show.idleTimer);
    show.stage?.close(reason);
    show.stage = undefined;
  }

  #forgetWorker(worker: WebRtcWorker): void {
    for (const house of this.#houses()) house.forget(worker);
  }
}

/** A name that says until when it is good, and its signature by the secret that the TURN server shares. */
function turnServer(turn: WebRtcConfig['turn'], nowMs: number): IceServer {
  const username = `${Math.floor(nowMs / 1000) + turn.credentialTtlSec}:${randomUUID().slice(0, 8)}`;
  return { urls: turn.urls, username, credential: createHmac('sha1', turn.secret).update(username).digest('base64') };
}
