import type { types } from 'mediasoup';
import type { Log } from '../platform/index.js';
import { messageOf } from '../platform/index.js';
import { Branch, OPUS_PAYLOAD_TYPE, OPUS_SSRC } from './branch.js';
import { planCodecs } from './codec-plan.js';
import type { CodecPlan } from './codec-plan.js';
import { CodecsRefused, TooManyViewers } from './errors.js';
import type { LiveFeed } from './feed/live-feed.js';
import { VideoSender } from './feed/video-sender.js';
import { RtpStream } from './rtp/rtp-packet.js';
import { OPUS_CLOCK_RATE, rtpTimestamp, senderReport } from './rtp/wall-clock.js';
import { Viewer } from './viewer.js';
import type { WebRtcWorker } from './workers.js';

const REPORT_INTERVAL_MS = 1_000;
/** Browsers agree on a few sets of payload types; each further one costs a copy of the stream. */
const MAX_BRANCHES = 24;

/** What a viewer can take. */
export interface Wish {
  rtpCapabilities: types.RtpCapabilities;
  kinds: readonly ('video' | 'audio')[];
}

interface Growth {
  branch: Promise<Branch>;
  worker: WebRtcWorker;
  viewers: Set<Viewer>;
  /** Viewers that are being seated. */
  coming: number;
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
  #isClosed = false;

  constructor(options: { feed: LiveFeed; log: Log }) {
    this.#feed = options.feed;
    this.#log = options.log;
    this.#sender = new VideoSender({
      epochMs: options.feed.epochMs,
      sendRtp: (packet) => this.#branches.forEach((branch) => branch.sendVideo(packet)),
    });
    this.#feed.open({ video: this.#sender, sendOpus: (packet) => this.#sendOpus(packet) });
    this.#reports = setInterval(() => this.#report(), REPORT_INTERVAL_MS);
  }

  get viewerCount(): number {
    return [...this.#growths.values()].reduce((sum, { viewers }) => sum + viewers.size, 0);
  }

  viewersIn(worker: WebRtcWorker): number {
    return [...this.#growths.values()].filter((growth) => growth.worker === worker).reduce((sum, { viewers, coming }) => sum + viewers.size + coming, 0);
  }

  /** @throws {CodecsRefused} when the viewer can take neither picture nor sound of this stream. */
  async admit(worker: WebRtcWorker, wish: Wish): Promise<Viewer> {
    const plan = planCodecs(wish.rtpCapabilities);
    if (plan.video === undefined && (plan.audio === undefined || !this.#feed.hasAudio)) {
      throw new CodecsRefused(wish.kinds.map((kind) => (kind === 'video' ? 'H.264 (packetization-mode=1)' : 'Opus')));
    }
    const growth = this.#growthFor(worker, plan);
    growth.coming++;
    try {
      const branch = await growth.branch;
      const { transport, consumers } = await branch.seat(plan, { rtpCapabilities: wish.rtpCapabilities, hasAudio: this.#feed.hasAudio });
      return this.#seat(growth, transport, consumers);
    } finally {
      growth.coming--;
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
    const viewer = new Viewer({
      transport,
      consumers,
      bookReplay: () => this.#sender.bookReplay(() => this.#feed.mainGroup()),
      hasLowLayer: () => this.#feed.layers.low !== undefined,
    });
    growth.viewers.add(viewer);
    viewer.once('closed', () => growth.viewers.delete(viewer));
    if (this.#isClosed) viewer.close('the stream is over');
    return viewer;
  }

  #growthFor(worker: WebRtcWorker, plan: CodecPlan): Growth {
    const key = [worker.worker.pid, plan.video?.payloadType, plan.video?.profileLevelId, plan.audio?.payloadType].join(' ');
    const known = this.#growths.get(key);
    if (known !== undefined) return known;
    this.#makeRoom();
    const growth: Growth = { worker, viewers: new Set(), coming: 0, branch: this.#grow(worker, plan) };
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

  /** Branches that nobody uses go, when there are many. */
  #makeRoom(): void {
    for (const [key, { viewers, coming }] of [...this.#growths]) {
      if (this.#growths.size >= MAX_BRANCHES && viewers.size + coming === 0) this.#cut(key, 'nobody watches');
    }
    if (this.#growths.size >= MAX_BRANCHES) throw new TooManyViewers(this.viewerCount);
  }

  #cut(key: string, reason: string): void {
    const growth = this.#growths.get(key);
    this.#growths.delete(key);
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
