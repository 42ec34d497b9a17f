import type { types } from 'mediasoup';
import type { Log } from '../platform/index.js';
import { addressKey, messageOf } from '../platform/index.js';
import { Branch, OPUS_PAYLOAD_TYPE, OPUS_SSRC } from './branch.js';
import { planCodecs } from './codec-plan.js';
import type { CodecPlan } from './codec-plan.js';
import { CodecsRefused, TooManyKindsOfPlayers, WebRtcUnavailable } from './errors.js';
import type { LiveFeed } from './feed/live-feed.js';
import { ReplaySteering } from './feed/replay-steering.js';
import { VideoSender } from './feed/video-sender.js';
import { RtpStream } from './rtp/rtp-packet.js';
import { OPUS_CLOCK_RATE, rtpTimestamp, senderReport } from './rtp/wall-clock.js';
import { Viewer } from './viewer.js';
import type { WebRtcWorker } from './workers.js';

const REPORT_INTERVAL_MS = 1_000;
/** In one worker. Browsers agree on a few sets of payload types; each further one costs a copy of the stream. */
const MAX_BRANCHES = 8;
/** Of those that nobody had before, so a school with three kinds of browsers gets in, and nobody holds all places alone. */
const MAX_BRANCHES_OF_ADDRESS = 3;
/** A branch that nobody uses goes after this; a page that is loaded again finds it there. */
const BRANCH_IDLE_MS = 5_000;
/** Whoever came for a new branch has this long to connect before others may have its place. */
const BRANCH_SPARED_MS = 3_000;

/** By which a viewer is counted. */
export interface Client {
  ip: string | undefined;
  userAgent: string | undefined;
}

/** What a viewer can take. */
export interface Wish {
  rtpCapabilities: types.RtpCapabilities;
  kinds: readonly ('video' | 'audio')[];
  client: Client;
}

interface Growth {
  key: string;
  openedMs: number;
  /** The {@link addressKey} of whom it was opened for. */
  openedBy: string;
  branch: Promise<Branch>;
  worker: WebRtcWorker;
  viewers: Set<Viewer>;
  /** Viewers that are being seated. */
  coming: number;
  idleTimer: NodeJS.Timeout | undefined;
}

/** One broadcast in real time: packets made once go to a branch in each worker that has viewers. */
export class Stage {
  readonly #feed: LiveFeed;
  readonly #log: Log;
  readonly #sender: VideoSender;
  readonly #opus = new RtpStream({ ssrc: OPUS_SSRC, payloadType: OPUS_PAYLOAD_TYPE });
  readonly #growths = new Map<string, Growth>();
  readonly #branches = new Set<Branch>();
  readonly #reports: NodeJS.Timeout;
  #isFed = false;
  #isClosed = false;

  constructor(options: { feed: LiveFeed; log: Log }) {
    this.#feed = options.feed;
    this.#log = options.log;
    this.#sender = new VideoSender({
      epochMs: options.feed.epochMs,
      sendRtp: (packet) => this.#branches.forEach((branch) => branch.sendVideo(packet)),
    });
    this.#reports = setInterval(() => this.#report(), REPORT_INTERVAL_MS);
  }

  /** Viewers that are there now. */
  get viewerCount(): number {
    return [...this.#growths.values()].flatMap(({ viewers }) => [...viewers]).filter(({ isPresent }) => isPresent).length;
  }

  get isEmpty(): boolean {
    return [...this.#growths.values()].every(({ viewers, coming }) => viewers.size + coming === 0);
  }

  /** Whether a worker already has what a viewer with such an offer gets. */
  suits(worker: WebRtcWorker, wish: Wish): boolean {
    return this.#growths.has(keyOf(worker, planCodecs(wish.rtpCapabilities)));
  }

  viewersIn(worker: WebRtcWorker): number {
    return this.#growthsIn(worker).reduce((sum, { viewers, coming }) => sum + viewers.size + coming, 0);
  }

  /** @throws {CodecsRefused} when the viewer can take neither picture nor sound of this stream; {@link TooManyKindsOfPlayers}, {@link WebRtcUnavailable}. */
  async admit(worker: WebRtcWorker, wish: Wish): Promise<Viewer> {
    const plan = planCodecs(wish.rtpCapabilities);
    checkPlan(plan, wish);
    const growth = this.#growthFor(worker, plan, addressKey(wish.client.ip ?? ''));
    growth.coming++;
    try {
      const branch = await growth.branch;
      const { transport, consumers } = await branch.seat(plan, wish.rtpCapabilities);
      return this.#seat(growth, transport, consumers);
    } finally {
      growth.coming--;
      this.#cutWhenIdle(growth);
    }
  }

  close(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#reports);
    this.#sender.close();
    this.#feed.close();
    for (const key of [...this.#growths.keys()]) this.#cut(key, reason);
  }

  /** A worker that is gone took its viewers along. */
  forget(worker: WebRtcWorker): void {
    for (const [key, growth] of [...this.#growths]) if (growth.worker === worker) this.#cut(key, 'a part of the server was started anew');
  }

  #seat(growth: Growth, transport: types.WebRtcTransport, consumers: types.Consumer[]): Viewer {
    if (this.#growths.get(growth.key) !== growth) {
      transport.close();
      throw new WebRtcUnavailable('the stream was interrupted just now', { retryAfterSec: 1 });
    }
    const viewer = new Viewer({ transport, consumers, steering: this.#steeringOf(consumers) });
    growth.viewers.add(viewer);
    viewer.once('connected', () => this.#openFeed());
    viewer.once('closed', () => {
      growth.viewers.delete(viewer);
      this.#cutWhenIdle(growth);
    });
    return viewer;
  }

  #steeringOf(consumers: types.Consumer[]): ReplaySteering | undefined {
    const video = consumers.find(({ kind }) => kind === 'video');
    return video && new ReplaySteering({
      video,
      bookReplay: (options) => this.#sender.bookReplay(() => this.#feed.mainGroup(), options),
      hasLowLayer: () => this.#feed.layers.low !== undefined,
    });
  }

  #growthFor(worker: WebRtcWorker, plan: CodecPlan, address: string): Growth {
    const key = keyOf(worker, plan);
    const known = this.#growths.get(key);
    if (known !== undefined) return known;
    this.#makeRoom(worker, address);
    const growth: Growth = { key, openedMs: performance.now(), openedBy: address, worker, idleTimer: undefined, viewers: new Set(), coming: 0, branch: this.#grow(worker, plan) };
    this.#growths.set(key, growth);
    growth.branch.catch((error: unknown) => {
      this.#log.error('a broadcast could not be opened in a WebRTC worker', { pid: worker.worker.pid, error: messageOf(error) });
      if (this.#growths.get(key) === growth) this.#growths.delete(key);
    });
    return growth;
  }

  async #grow(worker: WebRtcWorker, plan: CodecPlan): Promise<Branch> {
    const branch = await Branch.open(worker, plan);
    this.#branches.add(branch);
    for (const packet of this.#sender.introductions()) branch.sendVideo(packet);
    for (const packet of this.#sender.reports()) branch.sendRtcp(packet);
    return branch;
  }

  /** Packets are made, and sound is encoded, from the first viewer on who has connected. */
  #openFeed(): void {
    if (this.#isFed || this.#isClosed) return;
    this.#isFed = true;
    this.#feed.open({ video: this.#sender, sendOpus: (packet) => this.#sendOpus(packet) });
  }

  #growthsIn(worker: WebRtcWorker): Growth[] {
    return [...this.#growths.values()].filter((growth) => growth.worker === worker);
  }

  /** Of many branches in a worker, those go that nobody has connected to: whoever offers makes one. */
  #makeRoom(worker: WebRtcWorker, address: string): void {
    const ofAddress = this.#growthsIn(worker).filter(({ openedBy }) => openedBy === address);
    if (ofAddress.length >= MAX_BRANCHES_OF_ADDRESS) this.#cutUnused(ofAddress, { ofAddress: true });
    const all = this.#growthsIn(worker);
    if (all.length >= MAX_BRANCHES) this.#cutUnused(all, { ofAddress: false });
  }

  #cutUnused(growths: Growth[], options: { ofAddress: boolean }): void {
    const unused = growths.find((growth) => connectedIn(growth) === 0 && performance.now() - growth.openedMs > BRANCH_SPARED_MS);
    if (unused === undefined) throw new TooManyKindsOfPlayers(growths.length, options);
    this.#cut(unused.key, 'others need the place');
  }

  #cutWhenIdle(growth: Growth): void {
    clearTimeout(growth.idleTimer);
    if (growth.viewers.size + growth.coming > 0 || this.#growths.get(growth.key) !== growth) return;
    growth.idleTimer = setTimeout(() => {
      if (growth.viewers.size + growth.coming === 0 && this.#growths.get(growth.key) === growth) this.#cut(growth.key, 'nobody watches');
    }, BRANCH_IDLE_MS);
    growth.idleTimer.unref();
  }

  #cut(key: string, reason: string): void {
    const growth = this.#growths.get(key);
    this.#growths.delete(key);
    clearTimeout(growth?.idleTimer);
    for (const viewer of growth?.viewers ?? []) viewer.close(reason);
    void growth?.branch.then((branch) => {
      this.#branches.delete(branch);
      branch.close();
    }).catch(() => undefined);
  }

  #sendOpus({ ptsMs, payload }: { ptsMs: number; payload: Buffer }): void {
    const packet = this.#opus.packet({ slices: [payload], marker: false }, rtpTimestamp(this.#feed.epochMs + ptsMs, OPUS_CLOCK_RATE));
    for (const branch of this.#branches) branch.sendAudio(packet);
  }

  #report(): void {
    const packets = [...this.#sender.reports(), senderReport(this.#opus, Date.now(), OPUS_CLOCK_RATE)];
    for (const branch of this.#branches) packets.forEach((packet) => branch.sendRtcp(packet));
  }
}

function keyOf(worker: WebRtcWorker, { video, audio }: CodecPlan): string {
  return [worker.worker.pid, video?.payloadType, video?.profileLevelId, audio?.payloadType].join(' ');
}

function connectedIn({ viewers }: Growth): number {
  return [...viewers].filter(({ isConnected }) => isConnected).length;
}

function checkPlan(plan: CodecPlan, { kinds }: Wish): void {
  if (plan.video === undefined && plan.audio === undefined) throw new CodecsRefused(kinds.map((kind) => (kind === 'video' ? 'H.264 (packetization-mode=1)' : 'Opus')));
}
