import type { AudioConfig, Media, VideoConfig } from './media.js';

/** What a source is like, measured over the last seconds. */
export interface SourceFacts {
  video: VideoConfig | undefined;
  audio: AudioConfig | undefined;
  /** Frames per second over the window; 0 until a second frame came. */
  fps: number;
  videoKbps: number;
  audioKbps: number;
  /** Longest distance between key frames seen lately, seconds; undefined before the second key frame. */
  keyFrameIntervalSec: number | undefined;
  /** Seconds of media since the last key frame. */
  sinceKeyFrameSec: number;
  /** Whether frames are shown in another order than they are sent. */
  hasBFrames: boolean;
}

const WINDOW_MS = 5_000;
/** More frames than this in the window come from nobody's camera. */
const MAX_SAMPLES = 2_048;
const KEY_INTERVALS = 8;
/** A step this long between two frames of a track is a break in the source, not its rate; so is one back. */
const BREAK_MS = 2_000;
const BREAK_BACK_MS = 1_000;
/** Offsets that differ by less than this are one offset, rounded to milliseconds. */
const SAME_OFFSET_MS = 2;

interface Sample {
  dtsMs: number;
  sizeBytes: number;
}

/** Measures a source as it passes: frame rate, bitrate, key-frame distance and B-frames. Keeps five seconds of sizes. */
export class SourceMeter {
  #video: VideoConfig | undefined;
  #audio: AudioConfig | undefined;
  #videoSamples: Sample[] = [];
  #audioSamples: Sample[] = [];
  #keyIntervalsMs: number[] = [];
  #lastKeyMs: number | undefined;
  #firstOffsetMs: number | undefined;
  #hasBFrames = false;

  reset(): void {
    this.#video = undefined;
    this.#audio = undefined;
    this.#videoSamples = [];
    this.#audioSamples = [];
    this.#keyIntervalsMs = [];
    this.#lastKeyMs = undefined;
    this.#firstOffsetMs = undefined;
    this.#hasBFrames = false;
  }

  measure(media: Media): void {
    if (media.type === 'config') {
      if (media.config.kind === 'video') this.#video = media.config;
      else this.#audio = media.config;
      return;
    }
    const { frame } = media;
    const samples = frame.kind === 'video' ? this.#videoSamples : this.#audioSamples;
    const isBreak = isBreakBetween(samples.at(-1), frame);
    if (isBreak) samples.length = 0;
    keep(samples, { dtsMs: frame.dtsMs, sizeBytes: frame.payload.length });
    if (frame.kind === 'audio') return;
    if (isBreak) this.#lastKeyMs = undefined;
    if (frame.isKey) this.#measureKey(frame.dtsMs);
    // The first frame's offset is the reorder delay; only a later, different one shows reordering.
    const offsetMs = frame.ptsMs - frame.dtsMs;
    this.#firstOffsetMs ??= offsetMs;
    if (Math.abs(offsetMs - this.#firstOffsetMs) > SAME_OFFSET_MS) this.#hasBFrames = true;
  }

  facts(): SourceFacts {
    const last = this.#videoSamples.at(-1);
    return {
      video: this.#video,
      audio: this.#audio,
      fps: ratePerSec(this.#videoSamples),
      videoKbps: kbps(this.#videoSamples),
      audioKbps: kbps(this.#audioSamples),
      keyFrameIntervalSec: this.#keyIntervalsMs.length === 0 ? undefined : Math.max(...this.#keyIntervalsMs) / 1000,
      sinceKeyFrameSec: last && this.#lastKeyMs !== undefined ? (last.dtsMs - this.#lastKeyMs) / 1000 : 0,
      hasBFrames: this.#hasBFrames || (this.#video?.reorderFrames ?? 0) > 0,
    };
  }

  #measureKey(dtsMs: number): void {
    if (this.#lastKeyMs !== undefined && dtsMs > this.#lastKeyMs) {
      this.#keyIntervalsMs.push(dtsMs - this.#lastKeyMs);
      if (this.#keyIntervalsMs.length > KEY_INTERVALS) this.#keyIntervalsMs.shift();
    }
    this.#lastKeyMs = dtsMs;
  }
}

/** The encoder's clock was set, or frames were left out. */
function isBreakBetween(last: Sample | undefined, next: { dtsMs: number }): boolean {
  return last !== undefined && (last.dtsMs - next.dtsMs > BREAK_BACK_MS || next.dtsMs - last.dtsMs > BREAK_MS);
}

function keep(samples: Sample[], sample: Sample): void {
  samples.push(sample);
  let old = Math.max(0, samples.length - MAX_SAMPLES);
  while (old < samples.length - 2 && sample.dtsMs - (samples[old]?.dtsMs ?? 0) > WINDOW_MS) old++;
  if (old > 0) samples.splice(0, old);
}

function spanMs(samples: Sample[]): number {
  return Math.max(0, (samples.at(-1)?.dtsMs ?? 0) - (samples[0]?.dtsMs ?? 0));
}

function ratePerSec(samples: Sample[]): number {
  const span = spanMs(samples);
  return span === 0 ? 0 : ((samples.length - 1) * 1000) / span;
}

function kbps(samples: Sample[]): number {
  const span = spanMs(samples);
  if (span === 0) return 0;
  const bytes = samples.slice(0, -1).reduce((sum, sample) => sum + sample.sizeBytes, 0);
  return Math.round((bytes * 8) / span);
}
