import { EventEmitter } from 'node:events';
import type { Log, ProcessExit } from '../platform/index.js';
import { messageOf } from '../platform/index.js';
import type { AudioConfig, Frame, Media, RenditionMedia, SourceFacts, Take, VideoConfig } from '../streams/index.js';
import type { TranscodeConfig } from './config.js';
import type { EncodeStats } from './encode/encode.js';
import { planLadder } from './ladder.js';
import type { EncodeCost, LadderPlan } from './ladder.js';
import { Slate } from './slate/slate.js';
import type { SlateClips } from './slate/slate-clips.js';
import { SourceProbe } from './source-probe.js';
import { Arrivals } from './take/arrivals.js';
import { BroadcastClock } from './take/broadcast-clock.js';
import { KnownSource } from './take/known-source.js';
import { RecentEvents } from './take/recent-events.js';
import { fromLastKey } from './take/recent-group.js';
import { RunningTake } from './take/running-take.js';
import { SourceFormats } from './take/source-formats.js';
import { TakeQueue } from './take/take-queue.js';
import { WallClock } from './take/wall-clock.js';

export interface TranscodeEvents {
  take: [take: Take];
  media: [media: RenditionMedia];
  /** The source's own sound on the broadcast's clock, where it is Opus, which WebRTC takes as it is; `media` has it as AAC. */
  opus: [media: RenditionMedia];
  /** Everything of the running take is out. */
  takeFinished: [];
  /** The source cannot be served at all; a sentence for the streamer. */
  failed: [reason: string];
}

export interface TranscodeOptions {
  startedAtMs: number;
  config: TranscodeConfig;
  /** The channel's wish, asked when a publisher comes. */
  ladder: () => 'auto' | 'off' | string[];
  ffmpegPath: string;
  /** What is known of the source by now. */
  facts: () => SourceFacts;
  cost: () => EncodeCost;
  /** CPU that other broadcasts leave, in cores. */
  coresFree: () => number;
  /** What viewers see while the publisher is away; nothing when left out. */
  slate?: { clips: SlateClips; images: () => string[] };
  /** Where an earlier run of the server left the broadcast. */
  resumed?: ResumedTranscode | undefined;
  log: Log;
}

/** A broadcast that goes on after the server was started anew. */
export interface ResumedTranscode {
  /** Takes so far. */
  takes: number;
  /** Where the media ends on the broadcast's clock, ms. */
  endMs: number;
  /** What the renditions of the last take were made of. */
  formats: { rendition: string; config: VideoConfig | AudioConfig }[];
}

export interface TranscodeStatus {
  ladder: 'auto' | 'off' | string[];
  plan: LadderPlan | undefined;
  dropped: string[];
  restarts: number;
  encode: EncodeStats | undefined;
}

const FINISH_DEADLINE_MS = 3_000;
const SWITCH_DEADLINE_MS = 1_000;
const LONGEST_TAKE_MS = 20 * 86_400_000;
const WATCH_INTERVAL_MS = 500;
const SWITCHES_ALLOWED = 12;
const SWITCH_WINDOW_MS = 30_000;
const CRASHES_ALLOWED = 5;
const CRASH_WINDOW_MS = 60_000;

/**
 * Turns the publications of one broadcast into takes of renditions: passes on what players can take, has FFmpeg
 * encode the rest, and starts a new take when the format changes, FFmpeg dies or the machine cannot keep up.
 */
export class Transcode extends EventEmitter<TranscodeEvents> {
  readonly #options: TranscodeOptions;
  readonly #log: Log;
  readonly #clock: BroadcastClock;
  readonly #wallClock: WallClock;
  readonly #formats = new SourceFormats();
  readonly #dropped = new Set<string>();
  #state: 'idle' | 'probing' | 'switching' | 'running' | 'stalled' | 'closed' = 'idle';
  #ladder: 'auto' | 'off' | string[];
  /** Counts publishers: what was begun for one must not go on with the next. */
  #publisher = 0;
  #probe: SourceProbe | undefined;
  readonly #slate: Slate | undefined;
  readonly #arrivals = new Arrivals();
  readonly #watch: NodeJS.Timeout;
  /** The publisher before this one. */
  #before: KnownSource | undefined;
  /** Whether pictures came, not only their configuration. */
  #hasVideo = false;
  readonly #queue = new TakeQueue();
  #running: RunningTake | undefined;
  #takes = 0;
  #nextTakeReason: string | undefined;
  #waitsForKey = false;
  #takeStartMs = 0;
  #canEncode = true;
  readonly #switches = new RecentEvents({ windowMs: SWITCH_WINDOW_MS });
  readonly #crashes = new RecentEvents({ windowMs: CRASH_WINDOW_MS });
  #restarts = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(options: TranscodeOptions) {
    super();
    this.#options = options;
    this.#log = options.log;
    this.#ladder = options.ladder();
    this.#clock = new BroadcastClock(options.startedAtMs);
    this.#wallClock = new WallClock(options.resumed === undefined ? options.startedAtMs : Date.now());
    this.#slate = options.slate && this.#makeSlate(options.slate);
    this.#watch = setInterval(() => this.#watchArrivals(), WATCH_INTERVAL_MS);
    if (options.resumed !== undefined) this.#resume(options.resumed);
  }

  /** Wall-clock time of the broadcast clock's zero, ms since 1970. */
  get epochMs(): number {
    return this.#clock.epochMs;
  }

  /** CPU that this broadcast is planned to take, in cores. */
  get plannedCores(): number {
    return this.#running?.isEncoding ? this.#running.plan.cores : 0;
  }

  /** A publisher is connected; its media follows. */
  attach(): void {
    if (this.#state === 'closed') return;
    this.#publisher++;
    this.#ladder = this.#options.ladder();
    this.#formats.clear();
    this.#nextTakeReason = undefined;
    this.#waitsForKey = false;
    this.#hasVideo = false;
    this.#queue.clear();
    this.#state = 'probing';
    this.#probe = new SourceProbe({
      maxKeyFrameIntervalSec: this.#options.config.maxKeyFrameIntervalSec,
      mustPass: this.#ladder === 'off',
    });
  }

  /** The publisher is gone: what it sent is finished, within three seconds. */
  detach(): Promise<void> {
    if (this.#state === 'closed' || this.#state === 'idle') return this.#work;
    this.#state = 'idle';
    this.#publisher++;
    this.#remember();
    void this.#serially(() => this.#finishTake(FINISH_DEADLINE_MS));
    return this.#serially(() => this.#startSlate());
  }

  /** The broadcast is over. */
  async close(): Promise<void> {
    clearInterval(this.#watch);
    const isAway = this.#state === 'idle';
    this.#state = 'closed';
    this.#publisher++;
    if (!isAway) void this.#serially(() => this.#finishTake(FINISH_DEADLINE_MS));
    await this.#serially(async () => this.#endSlate());
    this.removeAllListeners();
  }

  push(media: Media): void {
    this.#arrivals.note(performance.now());
    if (this.#state === 'stalled') this.#awaitReturn(media);
    else if (this.#state === 'probing') this.#tryStart(media);
    else if (this.#state === 'switching') this.#enqueue(media);
    else if (this.#state === 'running') this.#take(media);
  }

  /** The pictures of its slate are others now. */
  refreshSlate(): void {
    this.#slate?.refresh();
  }

  status(): TranscodeStatus {
    return {
      ladder: this.#ladder,
      plan: this.#running?.plan,
      dropped: [...this.#dropped],
      restarts: this.#restarts,
      encode: this.#running?.stats(),
    };
  }

  #take(media: Media): void {
    if (media.type === 'config') this.#takeConfig(media.config);
    else this.#takeFrame(media.frame);
  }

  #takeConfig(config: VideoConfig | AudioConfig): void {
    if (!this.#formats.update(config)) return;
    // Pictures that have not begun start a take when they do.
    if (config.kind === 'video' && !this.#hasVideo) return;
    this.#formats.withhold(config.kind);
    this.#requestTake(`${config.kind} format changed`);
  }

  #takeFrame(frame: Frame): void {
    if (this.#clock.isJump(frame)) this.#waitForKey('the source\'s clock jumped');
    else if (this.#wallClock.isRunaway(this.#clock.aheadMs(frame, this.#wallClock.nowMs))) return this.#fail('media arrives faster than real time: let the encoder send as fast as it plays (FFmpeg: -re)');
    if (frame.kind === 'video' && frame.isKey) this.#considerKeyFrame(frame);
    if (this.#nextTakeReason !== undefined && this.#isStart(frame)) this.#switchTake(frame, this.#nextTakeReason);
    else if (!this.#waitsForKey && !this.#formats.isWithheld(frame.kind)) this.#running?.deliver(this.#clock.map(frame));
  }

  /** Key frames are where a take can begin. */
  #considerKeyFrame(frame: Frame): void {
    // Not before the second key frame: how far they are apart decides whether the source can pass.
    if (!this.#hasVideo && this.#formats.video !== undefined && this.#options.facts().keyFrameIntervalSec !== undefined) {
      this.#hasVideo = true;
      this.#requestTake('pictures began');
    }
    if (this.#areKeyFramesTooRare()) this.#requestTake('key frames became rare');
    if (!this.#canEncode && this.#crashes.count === 0) this.#requestTake('FFmpeg is tried again');
    if (this.#clock.peek(frame.dtsMs) - this.#takeStartMs > LONGEST_TAKE_MS) this.#requestTake('the take is three weeks long');
  }

  #isStart(frame: Frame): boolean {
    return this.#hasVideo ? frame.kind === 'video' && frame.isKey : frame.kind === 'audio';
  }

  /** Nothing goes on before the next take. */
  #waitForKey(reason: string): void {
    this.#state = 'running';
    this.#waitsForKey = true;
    this.#requestTake(reason);
  }

  /** The running take cuts where the source has key frames, and the source no longer has enough of them. */
  #areKeyFramesTooRare(): boolean {
    const { config, facts } = this.#options;
    const plan = this.#running?.plan;
    if (this.#ladder === 'off' || plan?.keyFrames !== 'source') return false;
    const intervalMs = (facts().keyFrameIntervalSec ?? 0) * 1000;
    return intervalMs > Math.max(config.maxKeyFrameIntervalSec * 1000, plan.keyFrameIntervalMs);
  }

  #requestTake(reason: string): void {
    this.#nextTakeReason ??= reason;
  }

  #tryStart(media: Media): void {
    if (media.type === 'config') this.#formats.update(media.config);
    this.#probe?.add(media);
    const isKnown = this.#before?.matches(this.#formats, this.#ladder) ?? false;
    const probed = this.#probe?.take(this.#options.facts, { isKnown });
    if (probed === undefined) return;
    this.#probe = undefined;
    if (!isKnown) this.#before = undefined;
    // The slate has gone on meanwhile: what is older than the newest key frame would only delay what comes.
    const frames = this.#slate?.isOn ? fromLastKey(probed) : probed;
    this.#state = 'switching';
    this.#hasVideo = frames.some((frame) => frame.kind === 'video');
    for (const frame of frames) this.#enqueue({ type: 'frame', frame });
    const publisher = this.#publisher;
    void this.#serially(() => this.#startTake(publisher));
  }

  /** Ends the running take at this key frame and starts the next one with it. */
  #switchTake(first: Frame, reason: string): void {
    if (!this.#maySwitch()) return;
    this.#log.info('new take', { reason });
    this.#state = 'switching';
    this.#nextTakeReason = undefined;
    this.#waitsForKey = false;
    this.#formats.releaseAll();
    this.#queue.clear();
    this.#enqueue({ type: 'frame', frame: first });
    const publisher = this.#publisher;
    void this.#serially(() => this.#finishTake(SWITCH_DEADLINE_MS));
    void this.#serially(() => this.#startTake(publisher));
  }

  /** Each take costs files, a child and every viewer's decoder; nobody's encoder changes its mind every second. */
  #maySwitch(): boolean {
    this.#switches.add();
    if (this.#switches.count <= SWITCHES_ALLOWED) return true;
    this.#fail(`the source changed its format ${SWITCHES_ALLOWED} times in ${SWITCH_WINDOW_MS / 1000} s`);
    return false;
  }

  #fail(reason: string): void {
    this.#state = 'idle';
    this.emit('failed', reason);
  }

  /** FFmpeg is gone and no key frame will come soon: a new one starts from the last, and shows what comes after now. */
  #resumeFromLastKey(group: Frame[]): void {
    this.#log.info('new take', { reason: 'FFmpeg ended; from the last key frame' });
    this.#state = 'switching';
    this.#nextTakeReason = undefined;
    this.#queue.clear({ startsAnywhere: true });
    const publisher = this.#publisher;
    void this.#serially(() => this.#finishTake(SWITCH_DEADLINE_MS));
    void this.#serially(async () => {
      if (!this.#isStale(publisher)) await this.#beginTake(publisher, this.#makePlan(), group.at(-1)?.dtsMs ?? 0, group);
    });
  }

  #isStale(publisher: number): boolean {
    return publisher !== this.#publisher || this.#state !== 'switching';
  }

  async #startTake(publisher: number): Promise<void> {
    if (this.#isStale(publisher)) return;
    const { first } = this.#queue;
    if (first === undefined) {
      this.#waitForKey('frames were dropped');
      for (const media of this.#queue.drain()) this.push(media);
      return;
    }
    this.#endSlate();
    this.#clock.anchor(Math.min(first.dtsMs, first.ptsMs), this.#wallClock.nowMs - this.#queue.spanMs);
    await this.#beginTake(publisher, this.#makePlan(), this.#clock.peek(first.dtsMs), []);
  }

  /** @param replayed frames that FFmpeg decodes and does not show: the pictures after them are made from them. */
  async #beginTake(publisher: number, plan: LadderPlan, startMs: number, replayed: Frame[]): Promise<void> {
    if (plan.renditions.length === 0) {
      this.#fail(plan.notes.at(-1) ?? 'the source has neither video nor audio that can be served');
      return;
    }
    this.#takeStartMs = startMs;
    const take: Take = { number: this.#takes++, renditions: plan.renditions, keyFrameIntervalMs: plan.keyFrameIntervalMs, isSlate: false };
    this.#log.info('take started', { take: take.number, renditions: plan.renditions.map((one) => `${one.name}:${one.origin}`).join(',') });
    const running = new RunningTake({ take, plan, configs: this.#formats.all, onMedia: (media) => this.#give(media), onOpus: (media) => this.emit('opus', media), log: this.#log });
    this.#running = running;
    this.#slate?.startTake();
    this.emit('take', take);
    running.announce();
    await this.#startEncode(running, startMs, replayed);
    if (!this.#isStale(publisher)) this.#drainQueue();
  }

  #give(media: RenditionMedia): void {
    if (media.type === 'config') this.#slate?.learn(media.rendition, media.config);
    this.emit('media', media);
  }

  #makePlan(): LadderPlan {
    if (this.#before?.matches(this.#formats, this.#ladder) && !this.#isMeasured()) return this.#before.plan;
    const facts = this.#options.facts();
    this.#canEncode = this.#crashes.count <= CRASHES_ALLOWED;
    return planLadder({
      // Frames that wait belong to the configurations that were current; what is measured is newer.
      source: { ...facts, video: this.#hasVideo ? (this.#formats.video ?? facts.video) : undefined, audio: this.#formats.audio ?? facts.audio },
      config: this.#options.config,
      ladder: this.#ladder,
      cost: this.#options.cost(),
      coresFree: this.#options.coresFree(),
      dropped: this.#dropped,
      canEncode: this.#canEncode,
    });
  }

  async #startEncode(running: RunningTake, resumeMs: number, replayed: Frame[]): Promise<void> {
    const { config, facts, ffmpegPath } = this.#options;
    try {
      await running.startEncode({
        ffmpegPath,
        preset: config.preset,
        fps: this.#isMeasured() ? facts().fps : (this.#before?.facts.fps ?? 0),
        resumeMs,
        replayed,
        onSlow: () => this.#dropCostliest(running),
        onCrashed: (exit) => this.#encodeCrashed(running, exit),
      });
    } catch (error) {
      this.#log.error('FFmpeg could not be started', { error: messageOf(error) });
      this.#countCrash();
    }
  }

  #drainQueue(): void {
    if (this.#state !== 'switching') return;
    this.#state = 'running';
    for (const media of this.#queue.drain()) this.push(media);
  }

  /** Whether enough has come of this publisher to plan by. */
  #isMeasured(): boolean {
    return this.#options.facts().keyFrameIntervalSec !== undefined;
  }

  /** The publisher goes; what is known of it helps when it comes back. */
  #remember(): void {
    const plan = this.#running?.plan;
    const facts = this.#options.facts();
    if (plan !== undefined && facts.fps > 0) this.#before = new KnownSource({ plan, facts, formats: this.#formats, ladder: this.#ladder });
  }

  #makeSlate({ clips, images }: { clips: SlateClips; images: () => string[] }): Slate {
    return new Slate({
      clips,
      images,
      nowMs: () => this.#wallClock.nowMs - this.#clock.epochMs,
      onTake: (take) => this.emit('take', take),
      onMedia: (media) => this.emit('media', media),
    });
  }

  async #startSlate(): Promise<void> {
    if (this.#slate?.isOn || (this.#state !== 'idle' && this.#state !== 'probing' && this.#state !== 'stalled')) return;
    await this.#slate?.start(() => this.#takes++, () => this.#clock.latestMs + 1);
    if (this.#slate?.isOn) this.#log.info('slate started');
  }

  #endSlate(): void {
    const endMs = this.#slate?.stop();
    if (endMs === undefined) return;
    this.#clock.reserve(endMs);
    this.emit('takeFinished');
    this.#log.info('slate ended');
  }

  /** The server was started anew: viewers see the slate until the publisher is back. */
  #resume({ takes, endMs, formats }: ResumedTranscode): void {
    this.#takes = takes;
    this.#clock.reserve(endMs);
    for (const { rendition, config } of formats) this.#slate?.learn(rendition, config);
    // Whoever made this transcode hears its events from the next turn on.
    setImmediate(() => void this.#serially(() => this.#startSlate()));
  }

  /** A publisher that is connected and sends nothing, as one whose machine or network hangs. */
  #watchArrivals(): void {
    if (this.#state !== 'running' || this.#slate === undefined || !this.#arrivals.isStalled(performance.now())) return;
    this.#log.warn('nothing comes from the publisher; viewers see the slate');
    this.#state = 'stalled';
    this.#arrivals.startOver();
    void this.#serially(() => this.#finishTake(FINISH_DEADLINE_MS));
    void this.#serially(() => this.#startSlate());
  }

  /** What a stalled publisher had held back is not shown: the picture goes on with the moment. */
  #awaitReturn(media: Media): void {
    if (media.type === 'config') return void this.#formats.update(media.config);
    const { frame } = media;
    const lateMs = this.#wallClock.nowMs - this.#clock.epochMs - this.#clock.peek(frame.dtsMs);
    if (frame.kind !== (this.#hasVideo ? 'video' : 'audio') || !this.#arrivals.isInStep(frame, lateMs, performance.now())) return;
    this.#switchTake(frame, 'the publisher sends again');
  }

  /** The slate comes after a take that is finished, and is a take of its own: whoever goes meanwhile does not end it. */
  async #finishTake(deadlineMs: number): Promise<void> {
    if (this.#slate?.isOn) return;
    await this.#running?.finish(deadlineMs);
    this.emit('takeFinished');
  }

  /** Below real time: one rung less, from the next key frame on. */
  #dropCostliest(running: RunningTake): void {
    if (this.#nextTakeReason !== undefined || this.#state !== 'running') return;
    const { encoded, needsRung } = running.plan;
    const costliest = encoded[0];
    if (costliest === undefined || (needsRung && encoded.length < 2)) return;
    this.#dropped.add(costliest.name);
    this.#log.warn('this machine cannot keep up; dropping a rung', { rendition: costliest.name, ...running.stats() });
    this.#requestTake(`${costliest.name} dropped`);
  }

  #encodeCrashed(running: RunningTake, exit: ProcessExit): void {
    this.#restarts++;
    this.#log.error('FFmpeg ended unexpectedly and is started again', { code: exit.code, signal: exit.signal, stderr: exit.stderr.slice(-3).join(' | ') });
    this.#countCrash();
    const group = running.group.frames;
    if (this.#state === 'running' && group.length > 0) this.#resumeFromLastKey(group);
  }

  #countCrash(): void {
    this.#crashes.add();
    this.#requestTake('FFmpeg ended');
  }

  #enqueue(media: Media): void {
    if (media.type === 'config') return this.#queue.addConfig(media);
    const dropped = this.#queue.addFrame(media.frame, { isStart: this.#isStart(media.frame) });
    if (dropped > 0) this.#log.warn('switching takes too long; dropping frames', { frames: dropped });
  }

  #serially(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(step).catch((error: unknown) => {
      this.#log.error('transcode step failed', { error: messageOf(error), fault: 'bug' });
      if (this.#state === 'switching') this.#fail('the server failed to handle this source');
    });
    return this.#work;
  }
}
