import type { AudioConfig, Rendition, SourceFacts, VideoConfig } from '../streams/index.js';
import type { Rung, TranscodeConfig } from './config.js';

/** What encoding costs on this machine: CPU seconds for each second of a million pixels. */
export interface EncodeCost {
  decodePerMpx: number;
  encodePerMpx: number;
}

export interface LadderOptions {
  source: SourceFacts;
  config: Pick<TranscodeConfig, 'rungs' | 'audioBitrateKbps' | 'maxKeyFrameIntervalSec'>;
  ladder: 'auto' | 'off' | string[];
  cost: EncodeCost;
  /** CPU that this broadcast may plan for, in cores. */
  coresFree: number;
  /** Rungs that proved too much for this machine during this broadcast. */
  dropped: ReadonlySet<string>;
  /** False after FFmpeg failed again and again: what needs no FFmpeg goes on alone. */
  canEncode: boolean;
}

export interface VideoRung {
  name: string;
  width: number;
  height: number;
  bitrateKbps: number;
  /** Every second picture is left out: half of 50 or 60 a second looks the same on a small picture. */
  halvesFrameRate: boolean;
  /** Planned CPU, in cores. */
  cores: number;
}

/** A picture as rungs are scaled from it. */
export type PictureShape = Pick<VideoConfig, 'width' | 'height' | 'sar'> & { fps: number };

/** What is made of a source. */
export interface LadderPlan {
  renditions: Rendition[];
  /** Rungs that FFmpeg encodes, best first. */
  encoded: VideoRung[];
  /** Bitrate of encoded audio, kbps; undefined when the source's audio passes or there is none. */
  encodedAudioKbps: number | undefined;
  /** `source`: key frames where the source has them. Else a key frame every so many seconds. */
  keyFrames: 'source' | number;
  keyFrameIntervalMs: number;
  /** Planned CPU in all, in cores. */
  cores: number;
  /** Without an encoded rung there is nothing that every player can take: the last one stays. */
  needsRung: boolean;
  /** Plain sentences for the streamer: what was decided and why. */
  notes: string[];
}

const PASSABLE_PROFILES = new Set([66, 77, 88, 100]);
const MAX_PASSABLE_LEVEL = 52;
/** Main and Main 10; HEVC counts levels in thirtieths, and 156 is 5.2. */
const PASSABLE_HEVC_PROFILES = new Set([1, 2]);
const MAX_PASSABLE_HEVC_LEVEL = 156;
/** AV1 Main: 8 and 10 bits, 4:2:0. */
const PASSABLE_AV1_PROFILE = 0;
/** What a picture costs to decode, against H.264: 720p at 2 Mbps with libavcodec and dav1d. */
const DECODE_FACTOR = { h264: 1, hevc: 2, av1: 2, vp8: 1, vp9: 1.5 } as const;
/** What the packager can write as it is. */
const PACKABLE: ReadonlySet<string> = new Set(['h264', 'hevc', 'av1', 'aac']);
const MAX_PASSABLE_AUDIO_KBPS = 384;
const HALVE_ABOVE_FPS = 40;
const HALVE_UP_TO_SHORT_SIDE = 480;
const ENCODED_GOP_SEC = 2;
/** Above this key-frame distance the source cannot be cut into segments, so it is not passed on. */
const DEFAULT_KEY_INTERVAL_SEC = 2;

/**
 * Decides which renditions a source becomes. A pure function of what was measured and of what this machine can do.
 */
export function planLadder(options: LadderOptions): LadderPlan {
  const { source } = options;
  const notes: string[] = [];
  const audio = planAudio(options, notes);
  if (source.video === undefined) return withoutVideo(audio, notes);
  const obstacle = passObstacle(source.video, source, options);
  // Without FFmpeg, a source that some players cannot take is better than none.
  const passes = obstacle === undefined || (!options.canEncode && PACKABLE.has(source.video.codec));
  if (!passes) notes.push(obstacle);
  const needsRung = !passes || (source.video.codec !== 'h264' && options.ladder !== 'off');
  const encoded = options.canEncode ? chooseRungs(source.video, options, needsRung, notes) : [];
  if (!options.canEncode) notes.push('FFmpeg failed several times in a minute: only the source is served');
  const followsSource = passes || hasShortGops(source, options);
  const keyFrameIntervalMs = followsSource ? (source.keyFrameIntervalSec ?? DEFAULT_KEY_INTERVAL_SEC) * 1000 : ENCODED_GOP_SEC * 1000;
  return {
    renditions: [
      ...(passes ? [{ name: 'source', kind: 'video' as const, origin: 'passthrough' as const }] : []),
      ...encoded.map((rung) => ({ name: rung.name, kind: 'video' as const, origin: 'encoded' as const })),
      ...audio.renditions,
    ],
    encoded,
    encodedAudioKbps: audio.encodedKbps,
    keyFrames: followsSource ? 'source' : ENCODED_GOP_SEC,
    keyFrameIntervalMs,
    cores: encoded.reduce((sum, rung) => sum + rung.cores, 0) + (encoded.length > 0 ? decodeCores(source.video, source.fps, options.cost) : 0),
    needsRung,
    notes,
  };
}

/** Why a source's video cannot be passed on as it is, as a sentence; undefined when it can. */
export function passObstacle(video: VideoConfig, source: SourceFacts, options: Pick<LadderOptions, 'ladder' | 'config'>): string | undefined {
  const unplayable = CODEC_OBSTACLES[video.codec](video);
  if (unplayable !== undefined) return unplayable;
  if (video.interlaced) return 'the source is interlaced, which players show badly: it is encoded anew';
  const canCut = options.ladder === 'off' ? source.keyFrameIntervalSec !== undefined : hasShortGops(source, options);
  if (!canCut) {
    const interval = source.keyFrameIntervalSec ?? source.sinceKeyFrameSec;
    return `key frames are ${interval.toFixed(1)} s or more apart: the source is encoded anew (set the encoder's key-frame interval to 2 s)`;
  }
  return undefined;
}

const CODEC_OBSTACLES = { h264: h264Obstacle, hevc: hevcObstacle, av1: av1Obstacle, vp8: webmObstacle, vp9: webmObstacle };

function h264Obstacle({ description, isBaselineChroma }: VideoConfig): string | undefined {
  if (!PASSABLE_PROFILES.has(description.readUInt8(1)) || !isBaselineChroma) return 'the source is not 8-bit 4:2:0 H.264, which players need: it is encoded anew';
  const level = description.readUInt8(3);
  if (level > MAX_PASSABLE_LEVEL) return `the source's H.264 level ${level / 10} is above 5.2, which players refuse: it is encoded anew`;
  return undefined;
}

function hevcObstacle({ description }: VideoConfig): string | undefined {
  if (!PASSABLE_HEVC_PROFILES.has(description.readUInt8(1) & 31)) return 'the source is not HEVC Main or Main 10, which players need: it is encoded anew';
  const level = description.readUInt8(12);
  if (level > MAX_PASSABLE_HEVC_LEVEL) return `the source's HEVC level ${level / 30} is above 5.2, which players refuse: it is encoded anew`;
  return undefined;
}

function av1Obstacle({ description }: VideoConfig): string | undefined {
  return description.readUInt8(1) >> 5 === PASSABLE_AV1_PROFILE ? undefined : 'the source is not AV1 Main, which players need: it is encoded anew';
}

function webmObstacle({ codec }: VideoConfig): string {
  return `the source is ${codec.toUpperCase()}, which HLS players do not take: it is encoded anew`;
}

function hasShortGops(source: SourceFacts, options: Pick<LadderOptions, 'config'>): boolean {
  return source.keyFrameIntervalSec !== undefined && source.keyFrameIntervalSec <= options.config.maxKeyFrameIntervalSec;
}

function withoutVideo(audio: AudioPlan, notes: string[]): LadderPlan {
  return {
    renditions: audio.renditions, encoded: [], encodedAudioKbps: audio.encodedKbps,
    keyFrames: 'source', keyFrameIntervalMs: 0, cores: 0, needsRung: false, notes,
  };
}

interface AudioPlan {
  renditions: Rendition[];
  encodedKbps: number | undefined;
}

function planAudio(options: LadderOptions, notes: string[]): AudioPlan {
  const { audio, audioKbps } = options.source;
  if (audio === undefined) return { renditions: [], encodedKbps: undefined };
  const passes = canPassAudio(audio, audioKbps);
  if (!options.canEncode && !PACKABLE.has(audio.codec)) return { renditions: [], encodedKbps: undefined };
  if (passes || !options.canEncode) return { renditions: [{ name: 'audio', kind: 'audio', origin: 'passthrough' }], encodedKbps: undefined };
  notes.push(`audio (${audio.codecString}, ${audio.channels} channels, ${audio.sampleRate} Hz) is encoded anew as stereo AAC`);
  return { renditions: [{ name: 'audio', kind: 'audio', origin: 'encoded' }], encodedKbps: options.config.audioBitrateKbps };
}

/** Whether every player takes this sound as it is. */
export function canPassAudio({ codecString, channels, sampleRate }: AudioConfig, audioKbps: number): boolean {
  return codecString === 'mp4a.40.2' && channels <= 2 && sampleRate >= 22_050 && sampleRate <= 48_000 && audioKbps <= MAX_PASSABLE_AUDIO_KBPS;
}

function chooseRungs(video: VideoConfig, options: LadderOptions, needsRung: boolean, notes: string[]): VideoRung[] {
  const rungs = wantedRungs({ ...video, fps: options.source.fps }, options, needsRung);
  if (options.ladder !== 'auto') return rungs;
  return fitToMachine(rungs, video, options, needsRung, notes);
}

/** The rungs that the settings want of a picture, best first, whatever they cost. @param needsRung nobody could play it without one. */
export function wantedRungs(shape: PictureShape, options: Pick<LadderOptions, 'config' | 'ladder' | 'dropped' | 'cost'>, needsRung: boolean): VideoRung[] {
  if (options.ladder === 'off' && !needsRung) return [];
  const wanted = options.config.rungs.filter((rung) => isWanted(rung, options.ladder) && hasPlace(rung, shape, needsRung));
  const named = !needsRung || wanted.length > 0 ? wanted : [ownSizeRung(shape, options)];
  const allowed = named.filter((rung) => !options.dropped.has(rung.name));
  // A source that players cannot take has to become something; one rung is the nearest to none.
  const needed = !needsRung || allowed.length > 0 ? allowed : named.slice(-1);
  return (options.ladder === 'off' ? needed.slice(0, 1) : needed).map((rung) => scaleRung(rung, shape, options.cost));
}

function isWanted(rung: Rung, ladder: 'auto' | 'off' | string[]): boolean {
  return !Array.isArray(ladder) || ladder.includes(rung.name);
}

/** A rung as large as the source has a place only where the source itself does not reach every player. */
function hasPlace(rung: Rung, video: PictureShape, needsRung: boolean): boolean {
  const shortSide = Math.min(video.width, video.height);
  return needsRung ? rung.shortSide <= shortSide : rung.shortSide < shortSide;
}

/** For a source smaller than every rung. */
function ownSizeRung(video: PictureShape, options: Pick<LadderOptions, 'config'>): Rung {
  const shortSide = even(Math.min(video.width, video.height));
  const least = options.config.rungs.at(-1);
  return { name: `${shortSide}p`, shortSide, bitrateKbps: least?.bitrateKbps ?? 600 };
}

export function scaleRung(rung: Rung, video: PictureShape, cost: EncodeCost): VideoRung {
  const shownWidth = (video.width * video.sar.width) / video.sar.height;
  const isPortrait = shownWidth < video.height;
  const scale = rung.shortSide / (isPortrait ? shownWidth : video.height);
  const width = isPortrait ? rung.shortSide : even(shownWidth * scale);
  const height = isPortrait ? even(video.height * scale) : rung.shortSide;
  const halvesFrameRate = video.fps > HALVE_ABOVE_FPS && rung.shortSide <= HALVE_UP_TO_SHORT_SIDE;
  const fps = video.fps / (halvesFrameRate ? 2 : 1);
  return { name: rung.name, width, height, bitrateKbps: rung.bitrateKbps, halvesFrameRate, cores: cores(width, height, fps, cost.encodePerMpx) };
}

/** Keeps as many rungs as the free CPU carries, small ones first: they help the viewers who need help most. */
function fitToMachine(rungs: VideoRung[], video: VideoConfig, options: LadderOptions, needsRung: boolean, notes: string[]): VideoRung[] {
  let left = options.coresFree - decodeCores(video, options.source.fps, options.cost);
  const kept: VideoRung[] = [];
  for (const rung of rungs.toReversed()) {
    const isNeeded = needsRung && kept.length === 0;
    if (rung.cores > left && !isNeeded) {
      notes.push(`${rung.name} is left out: it would take ${rung.cores.toFixed(1)} cores and ${Math.max(0, left).toFixed(1)} are free`);
      continue;
    }
    left -= rung.cores;
    kept.unshift(rung);
  }
  return kept;
}

function decodeCores(video: VideoConfig, fps: number, cost: EncodeCost): number {
  return cores(video.width, video.height, fps, cost.decodePerMpx * DECODE_FACTOR[video.codec]);
}

function cores(width: number, height: number, fps: number, costPerMpx: number): number {
  return ((width * height * fps) / 1e6) * costPerMpx;
}

function even(pixels: number): number {
  return Math.max(2, Math.round(pixels / 2) * 2);
}
