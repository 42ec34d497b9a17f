import { EventEmitter } from 'node:events';
import type { Log, ProcessExit } from '../platform/index.js';
import { messageOf } from '../platform/index.js';
import type { AudioConfig, Frame, Media, RenditionMedia, SourceFacts, Take, VideoConfig } from '../streams/index.js';
import type { TranscodeConfig } from './config.js';
import { BroadcastClock } from './broadcast-clock.js';
import { Encode } from './encode/encode.js';
import type { EncodeStats } from './encode/encode.js';
import { ffmpegArguments, ffmpegOutputs } from './encode/ffmpeg-arguments.js';
import { planLadder } from './ladder.js';
import type { EncodeCost, LadderPlan } from './ladder.js';
import { SourceProbe } from './source-probe.js';

export interface TranscodeEvents {
  take: [take: Take];
  media: [media: RenditionMedia];
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
  log: Log;
}

export interface TranscodeStatus {
  ladder: 'auto' | 'off' | string[];
  plan: LadderPlan | undefined;
  dropped: string[];
  restarts: number;
  encode: EncodeStats | undefined;
}

type Config = VideoConfig | AudioConfig;
type SourceConfig = Extract<Media, { type: 'config' }>;

const FINISH_DEADLINE_MS = 3_000;
const SWITCH_DEADLINE_MS = 1_000;
const MAX_QUEUED_BYTES = 64 << 20;
const MAX_GOP_BYTES = 32 << 20;
const LONGEST_TAKE_MS = 20 * 86_400_000;
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
  readonly #configs = new Map<'video' | 'audio', SourceConfig>();
  readonly #dropped = new Set<string>();
  #state: 'idle' | 'probing' | 'switching' | 'running' | 'closed' = 'idle';
  #ladder: 'auto' | 'off' | string[];
  /** Counts publishers: what was begun for one must not go on with the next. */
  #publisher = 0;
  #probe: SourceProbe | undefined;
  /** Whether pictures came, not only their configuration. */
  #hasVideo = false;
  #queue: Frame[] = [];
  #queuedBytes = 0;
  #plan: LadderPlan | undefined;
  #takes = 0;
  #encode: Encode | undefined;
  #nextTakeReason: string | undefined;
  #waitsForKey = false;
  #takeStartMs = 0;
  /** Frames on the broadcast's clock since the last key frame, for a new FFmpeg; only where no key frame comes soon. */
  #gop: Frame[] = [];
  #gopBytes = 0;
  #canEncode = true;
  #switchTimesMs: number[] = [];
  #crashTimesMs: number[] = [];
  #restarts = 0;
  #work: Promise<void> = Promise.resolve();

  constructor(options: TranscodeOptions) {
    super();
    this.#options = options;
    this.#log = options.log;
    this.#ladder = options.ladder();
    this.#clock = new BroadcastClock(options.startedAtMs);
  }

  /** Wall-clock time of the broadcast clock's zero, ms since 1970. */
  get epochMs(): number {
    return this.#clock.epochMs;
  }

  /** CPU that this broadcast is planned to take, in cores. */
  get plannedCores(): number {
    return this.#encode === undefined ? 0 : (this.#plan?.cores ?? 0);
  }

  /** A publisher is connected; its media follows. */
  attach(): void {
    if (this.#state === 'closed') return;
    this.#publisher++;
    this.#ladder = this.#options.ladder();
    this.#configs.clear();
    this.#nextTakeReason = undefined;
    this.#waitsForKey = false;
    this.#hasVideo = false;
    this.#clearQueue();
    this.#clearGop();
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
    return this.#serially(() => this.#finishTake(FINISH_DEADLINE_MS));
  }

  /** The broadcast is over. */
  async close(): Promise<void> {
    await this.detach();
    this.#state = 'closed';
    this.removeAllListeners();
  }

  push(media: Media): void {
    if (media.type === 'config') this.#takeConfig(media);
    else this.#takeFrame(media.frame);
    if (this.#state === 'probing') this.#tryStart(media);
  }

  status(): TranscodeStatus {
    return {
      ladder: this.#ladder,
      plan: this.#plan,
      dropped: [...this.#dropped],
      restarts: this.#restarts,
      encode: this.#encode?.stats(),
    };
  }

  #takeConfig(media: SourceConfig): void {
    const old = this.#configs.get(media.config.kind)?.config;
    this.#configs.set(media.config.kind, media);
    const isRunning = this.#state === 'running' || this.#state === 'switching';
    // Encoders repeat their configuration; only another one matters.
    if (isRunning && !old?.description.equals(media.config.description)) this.#requestTake(`${media.config.kind} format changed`);
  }

  #takeFrame(frame: Frame): void {
    if (this.#state === 'switching') this.#enqueue(frame);
    if (this.#state !== 'running') return;
    if (this.#clock.isJump(frame)) this.#waitForKey('the source\'s clock jumped');
    if (frame.kind === 'video' && frame.isKey) this.#considerKeyFrame(frame);
    if (this.#nextTakeReason !== undefined && this.#isStart(frame)) this.#switchTake(frame, this.#nextTakeReason);
    else if (!this.#waitsForKey) this.#deliver(frame);
  }

  /** Key frames are where a take can begin. */
  #considerKeyFrame(frame: Frame): void {
    // Not before the second key frame: how far they are apart decides whether the source can pass.
    if (!this.#hasVideo && this.#configs.has('video') && this.#options.facts().keyFrameIntervalSec !== undefined) {
      this.#hasVideo = true;
      this.#requestTake('pictures began');
    }
    if (this.#areKeyFramesTooRare()) this.#requestTake('key frames became rare');
    if (!this.#canEncode && this.#recentCrashes().length === 0) this.#requestTake('FFmpeg is tried again');
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
    if (this.#ladder === 'off' || this.#plan?.keyFrames !== 'source') return false;
    const intervalMs = (facts().keyFrameIntervalSec ?? 0) * 1000;
    return intervalMs > Math.max(config.maxKeyFrameIntervalSec * 1000, this.#plan.keyFrameIntervalMs);
  }

  #requestTake(reason: string): void {
    this.#nextTakeReason ??= reason;
  }

  #tryStart(media: Media): void {
    this.#probe?.add(media);
    const frames = this.#probe?.take(this.#options.facts);
    if (frames === undefined) return;
    this.#probe = undefined;
    this.#state = 'switching';
    this.#hasVideo = frames.some((frame) => frame.kind === 'video');
    frames.forEach((frame) => this.#enqueue(frame));
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
    this.#clearQueue();
    this.#clearGop();
    this.#enqueue(first);
    const publisher = this.#publisher;
    void this.#serially(() => this.#finishTake(SWITCH_DEADLINE_MS));
    void this.#serially(() => this.#startTake(publisher));
  }

  /** Each take costs files, a child and every viewer's decoder; nobody's encoder changes its mind every second. */
  #maySwitch(): boolean {
    const nowMs = Date.now();
    this.#switchTimesMs = [...this.#switchTimesMs.filter((timeMs) => nowMs - timeMs < SWITCH_WINDOW_MS), nowMs];
    if (this.#switchTimesMs.length <= SWITCHES_ALLOWED) return true;
    this.#fail(`the source changed its format ${SWITCHES_ALLOWED} times in ${SWITCH_WINDOW_MS / 1000} s`);
    return false;
  }

  #fail(reason: string): void {
    this.#state = 'idle';
    this.emit('failed', reason);
  }

  /** FFmpeg is gone and no key frame will come soon: a new one starts from the last, and shows what comes after now. */
  #resumeFromLastKey(): void {
    this.#log.info('new take', { reason: 'FFmpeg ended; from the last key frame' });
    this.#state = 'switching';
    this.#nextTakeReason = undefined;
    this.#clearQueue();
    const publisher = this.#publisher;
    void this.#serially(async () => {
      await this.#finishTake(SWITCH_DEADLINE_MS);
      if (this.#isStale(publisher)) return;
      const resumeMs = this.#gop.at(-1)?.dtsMs ?? 0;
      await this.#beginTake(publisher, this.#makePlan(), resumeMs, this.#gop);
    });
  }

  #isStale(publisher: number): boolean {
    return publisher !== this.#publisher || this.#state !== 'switching';
  }

  async #startTake(publisher: number): Promise<void> {
    if (this.#isStale(publisher)) return;
    const first = this.#queue[0];
    if (first === undefined) return this.#waitForKey('frames were dropped');
    this.#clock.anchor(Math.min(first.dtsMs, first.ptsMs), Date.now() - this.#queueSpanMs());
    await this.#beginTake(publisher, this.#makePlan(), this.#clock.peek(first.dtsMs), []);
  }

  /** @param replayed frames that FFmpeg decodes and does not show: the pictures after them are made from them. */
  async #beginTake(publisher: number, plan: LadderPlan, startMs: number, replayed: Frame[]): Promise<void> {
    if (plan.renditions.length === 0) {
      this.#fail(plan.notes.at(-1) ?? 'the source has neither video nor audio that can be served');
      return;
    }
    this.#plan = plan;
    this.#takeStartMs = startMs;
    const take: Take = { number: this.#takes++, renditions: plan.renditions, keyFrameIntervalMs: plan.keyFrameIntervalMs };
    this.#log.info('take started', { take: take.number, renditions: plan.renditions.map((one) => `${one.name}:${one.origin}`).join(',') });
    this.emit('take', take);
    this.#announcePassthrough(take);
    await this.#startEncode(plan, take, startMs, replayed);
    if (!this.#isStale(publisher)) this.#drainQueue();
  }

  #makePlan(): LadderPlan {
    const facts = this.#options.facts();
    this.#canEncode = this.#recentCrashes().length <= CRASHES_ALLOWED;
    return planLadder({
      // A configuration may be newer than what was measured.
      source: { ...facts, video: this.#hasVideo ? (this.#videoConfig() ?? facts.video) : undefined },
      config: this.#options.config,
      ladder: this.#ladder,
      cost: this.#options.cost(),
      coresFree: this.#options.coresFree(),
      dropped: this.#dropped,
      canEncode: this.#canEncode,
    });
  }

  #videoConfig(): VideoConfig | undefined {
    const config = this.#configs.get('video')?.config;
    return config?.kind === 'video' ? config : undefined;
  }

  #announcePassthrough(take: Take): void {
    for (const rendition of take.renditions) {
      const config = this.#configs.get(rendition.kind)?.config;
      if (rendition.origin === 'passthrough' && config) this.#emitConfig(take.number, rendition.name, config);
    }
  }

  #emitConfig(take: number, rendition: string, config: Config): void {
    this.emit('media', { type: 'config', take, rendition, config });
  }

  async #startEncode(plan: LadderPlan, take: Take, resumeMs: number, replayed: Frame[]): Promise<void> {
    const outputs = ffmpegOutputs(plan);
    if (outputs.length === 0) return;
    const configs = this.#encodedConfigs(plan);
    const video = this.#videoConfig();
    const source = { isInterlaced: video?.interlaced ?? false, sourceCodec: video?.codec ?? 'h264' };
    const sourceMpxPerSec = ((video?.width ?? 0) * (video?.height ?? 0) * this.#options.facts().fps) / 1e6;
    const startMs = replayed[0]?.dtsMs ?? resumeMs;
    const skipBeforeSec = replayed.length === 0 ? undefined : Encode.runTimeSec(resumeMs, startMs);
    const args = ffmpegArguments({ plan, preset: this.#options.config.preset, ...source, sourceMpxPerSec, skipBeforeSec });
    try {
      const encode = await Encode.start({ ffmpegPath: this.#options.ffmpegPath, args, outputs, configs, startMs, firstShownMs: resumeMs, log: this.#log });
      this.#encode = encode;
      encode.on('media', (rendition, media) => this.#takeEncoded(take.number, rendition, media));
      encode.on('slow', () => this.#dropCostliest());
      encode.on('crashed', (exit) => this.#encodeCrashed(exit));
      if (plan.encoded.length > 0) for (const frame of replayed) encode.write(frame);
    } catch (error) {
      this.#log.error('FFmpeg could not be started', { error: messageOf(error) });
      this.#countCrash();
    }
  }

  /** The tracks of the source that FFmpeg has to read. */
  #encodedConfigs(plan: LadderPlan): Config[] {
    const isRead = { video: plan.encoded.length > 0, audio: plan.encodedAudioKbps !== undefined };
    return [...this.#configs.values()].map(({ config }) => config).filter(({ kind }) => isRead[kind]);
  }

  #takeEncoded(take: number, rendition: string, media: Media): void {
    if (media.type === 'config') this.#emitConfig(take, rendition, media.config);
    else this.emit('media', { type: 'frame', take, rendition, frame: media.frame });
  }

  #drainQueue(): void {
    if (this.#state !== 'switching') return;
    this.#state = 'running';
    const frames = this.#queue;
    this.#clearQueue();
    for (const frame of frames) this.#takeFrame(frame);
  }

  #deliver(source: Frame): void {
    const frame = this.#clock.map(source);
    const take = this.#takes - 1;
    for (const rendition of this.#plan?.renditions ?? []) {
      if (rendition.origin === 'passthrough' && rendition.kind === frame.kind) this.emit('media', { type: 'frame', take, rendition: rendition.name, frame });
    }
    const isEncoded = frame.kind === 'video' ? (this.#plan?.encoded.length ?? 0) > 0 : this.#plan?.encodedAudioKbps !== undefined;
    if (isEncoded) this.#encode?.write(frame);
    if (frame.kind === 'video') this.#keepGop(frame);
  }

  /** Where the source's pictures pass, its next key frame is near, and the rungs wait for it with the rest. */
  #keepGop(frame: Frame): void {
    if (frame.isKey) this.#clearGop();
    const passes = this.#plan?.renditions.some((rendition) => rendition.kind === 'video' && rendition.origin === 'passthrough') ?? true;
    if (passes || (this.#gop.length === 0 && !frame.isKey)) return;
    this.#gop.push(frame);
    this.#gopBytes += frame.payload.length;
    if (this.#gopBytes > MAX_GOP_BYTES) this.#clearGop();
  }

  #clearGop(): void {
    this.#gop = [];
    this.#gopBytes = 0;
  }

  async #finishTake(deadlineMs: number): Promise<void> {
    const encode = this.#encode;
    this.#encode = undefined;
    await encode?.finish(deadlineMs);
    this.emit('takeFinished');
  }

  /** Below real time: one rung less, from the next key frame on. */
  #dropCostliest(): void {
    if (this.#nextTakeReason !== undefined || this.#state !== 'running') return;
    const costliest = this.#plan?.encoded[0];
    if (costliest === undefined || (this.#plan?.needsRung && this.#plan.encoded.length < 2)) return;
    this.#dropped.add(costliest.name);
    this.#log.warn('this machine cannot keep up; dropping a rung', { rendition: costliest.name, ...this.#encode?.stats() });
    this.#requestTake(`${costliest.name} dropped`);
  }

  #encodeCrashed(exit: ProcessExit): void {
    this.#encode = undefined;
    this.#restarts++;
    this.#log.error('FFmpeg ended unexpectedly and is started again', { code: exit.code, signal: exit.signal, stderr: exit.stderr.slice(-3).join(' | ') });
    this.#countCrash();
    if (this.#state === 'running' && this.#gop.length > 0) this.#resumeFromLastKey();
  }

  #countCrash(): void {
    this.#crashTimesMs = [...this.#recentCrashes(), Date.now()];
    this.#requestTake('FFmpeg ended');
  }

  #recentCrashes(): number[] {
    return this.#crashTimesMs.filter((timeMs) => Date.now() - timeMs < CRASH_WINDOW_MS);
  }

  #enqueue(frame: Frame): void {
    this.#queuedBytes += frame.payload.length;
    if (this.#queuedBytes > MAX_QUEUED_BYTES) {
      this.#log.warn('switching takes too long; dropping frames', { frames: this.#queue.length });
      this.#clearQueue();
    }
    if (this.#queue.length > 0 || this.#isStart(frame)) this.#queue.push(frame);
  }

  #clearQueue(): void {
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #queueSpanMs(): number {
    const [first, last] = [this.#queue[0], this.#queue.at(-1)];
    return first === undefined || last === undefined ? 0 : Math.max(0, last.dtsMs - first.dtsMs);
  }

  #serially(step: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(step).catch((error: unknown) => {
      this.#log.error('transcode step failed', { error: messageOf(error), fault: 'bug' });
      if (this.#state === 'switching') this.#fail('the server failed to handle this source');
    });
    return this.#work;
  }
}
