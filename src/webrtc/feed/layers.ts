import type { Rendition, VideoConfig } from '../../streams/index.js';

/** A rendition of the running take whose format is known. */
export interface Candidate {
  rendition: Rendition;
  config: VideoConfig;
}

/** Which renditions go out by RTP. */
export interface Layers {
  /** What viewers get; undefined when browsers can play none of them in real time. */
  main: string | undefined;
  /** For those whose network does not carry the main one. */
  low: string | undefined;
  /** Why there is no main one, or why it is not the source, as a sentence for the streamer. */
  note: string | undefined;
}

/** Baseline, Main and High, which every browser decodes in software. */
const PROFILES = new Set([66, 77, 100]);
const MAX_SHORT_SIDE = 1440;
const BEST_RUNG_SHORT_SIDE = 720;
const LOW_SHORT_SIDE = 360;

/**
 * Decides which renditions are played in real time: the source where browsers can take it, else the rung nearest to
 * 720p, which has no B-frames.
 */
export function chooseLayers(candidates: readonly Candidate[], facts: { hasBFrames: boolean }): Layers {
  const source = candidates.find(({ rendition }) => rendition.origin === 'passthrough');
  const rungs = candidates.filter(({ rendition, config }) => rendition.origin === 'encoded' && config.codec === 'h264');
  const obstacle = source && realTimeObstacle(source.config, facts);
  const main = source !== undefined && obstacle === undefined ? source : nearest(rungs, BEST_RUNG_SHORT_SIDE);
  const low = main && nearest(rungs.filter(({ config }) => shortSide(config) < shortSide(main.config)), LOW_SHORT_SIDE);
  return { main: main?.rendition.name, low: low?.rendition.name, note: obstacle ?? (main === undefined ? 'there is no rendition in H.264' : undefined) };
}

/** Why browsers cannot play a source in real time as it is, as a sentence; undefined when they can. */
export function realTimeObstacle(video: VideoConfig, facts: { hasBFrames: boolean }): string | undefined {
  if (video.codec !== 'h264') return `real time is H.264, and the source is ${video.codec.toUpperCase()}`;
  if (!PROFILES.has(video.description.readUInt8(1)) || !video.isBaselineChroma) return 'the source is not 8-bit 4:2:0 H.264';
  if (video.interlaced) return 'the source is interlaced';
  if (facts.hasBFrames || (video.reorderFrames ?? 0) > 0) return 'the source has B-frames, which browsers do not show in real time (set them to 0 in the encoder)';
  if (shortSide(video) > MAX_SHORT_SIDE) return `the source is larger than ${MAX_SHORT_SIDE}p`;
  return undefined;
}

function nearest(candidates: readonly Candidate[], target: number): Candidate | undefined {
  const distance = ({ config }: Candidate): number => Math.abs(shortSide(config) - target);
  return candidates.toSorted((a, b) => distance(a) - distance(b))[0];
}

function shortSide({ width, height }: VideoConfig): number {
  return Math.min(width, height);
}
