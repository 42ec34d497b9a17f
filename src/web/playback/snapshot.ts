import type { PlayableRendition } from '../api/contract.js';
import { bufferAhead } from './buffer.js';
import type { Engine, EngineFigures, Protocol } from './engine.js';
import type { HlsLatency } from './latency/mode.js';
import { AUTO, type Quality } from './quality.js';
import type { StallMeter } from './stall-meter.js';

/** What a player shows of a playback. */
export interface PlaybackSnapshot {
  phase: 'loading' | 'playing' | 'stalled';
  quality: Quality;
  /** The pictures that can be chosen, best first, as the playlist describes them. */
  renditions: PlayableRendition[];
  activeLevel: string | undefined;
  /** How media comes now. */
  protocol: Protocol;
  /** About how far behind each latency plays by HLS, seconds; undefined where there is no choice. */
  latencies: Partial<Record<HlsLatency, number>> | undefined;
  /** Why real time does not play, for the viewer; undefined while it does or may. */
  noRealTime: string | undefined;
  /** Codecs of the pictures when this browser plays none of them; else empty. */
  unplayable: string[];
  /** How far behind the end of the playlist still counts as live, seconds. */
  liveWithinSec: number;
  /** The browser allowed playback only without sound; the viewer has to ask for it. */
  isSilenced: boolean;
  /** The browser allowed no playback at all before a click. */
  isBlocked: boolean;
}

/** Before the first answer of the browser or the server. */
export const NOTHING_YET: PlaybackSnapshot = {
  phase: 'loading', quality: AUTO, renditions: [], activeLevel: undefined, protocol: 'HLS', latencies: undefined,
  noRealTime: undefined, unplayable: [], liveWithinSec: 12, isSilenced: false, isBlocked: false,
};

/** What the statistics tell. */
export interface PlaybackFigures extends EngineFigures {
  protocol: Protocol;
  bufferSec: number;
  /** Speed of playback; 1 is as it was filmed. */
  rate: number;
  width: number;
  height: number;
  shownFrames: number;
  droppedFrames: number;
  stalls: number;
  stalledSec: number;
}

/** The numbers of this moment. */
export function figuresOf(video: HTMLVideoElement, engine: Engine, stalls: StallMeter): PlaybackFigures {
  const frames = video.getVideoPlaybackQuality();
  return {
    ...engine.figures,
    protocol: engine.protocol,
    bufferSec: bufferAhead(video),
    rate: video.playbackRate,
    width: video.videoWidth,
    height: video.videoHeight,
    shownFrames: frames.totalVideoFrames,
    droppedFrames: frames.droppedVideoFrames,
    stalls: stalls.count,
    stalledSec: stalls.seconds(performance.now()),
  };
}
