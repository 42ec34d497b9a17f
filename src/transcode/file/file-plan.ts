import type { Rendition, VideoConfig } from '../../streams/index.js';
import type { TranscodeConfig } from '../config.js';
import { canPassAudio, passObstacle, scaleRung, wantedRungs } from '../ladder.js';
import type { EncodeCost, LadderOptions, PictureShape, VideoRung } from '../ladder.js';
import type { FileVideo } from './file-head.js';
import type { FileProbe } from './file-probe.js';
import type { VideoFacts } from './packet-walk.js';

/** What is made of a file. */
export interface FilePlan {
  renditions: Rendition[];
  /** Its H.264 goes on as it is. */
  passesVideo: boolean;
  /** Best first. */
  encoded: VideoRung[];
  audio: 'passed' | 'encoded' | 'none';
  keyFrames: 'source' | number;
  keyFrameIntervalMs: number;
  /** Pictures a second that are left where there are more; undefined keeps them all. */
  fpsAtMost: number | undefined;
}

export interface FilePlanOptions {
  probe: FileProbe;
  config: TranscodeConfig;
  ladder: LadderOptions['ladder'];
  cost: EncodeCost;
}

/** Nobody waits for a recording's next segment: longer ones than those of a live stream do. */
const MAX_KEY_FRAME_INTERVAL_SEC = 6;
const ENCODED_GOP_SEC = 2;
/** Cameras record more than viewers' networks carry. */
const MAX_PASSABLE_KBPS = 20_000;
const MAX_FPS = 60;
/** Rates are measured: 60000/1001 may come out a little above 60. */
const FPS_SLACK = 1;
/** One picture for longer than this is a hole to the packager. */
const MAX_STAND_SEC = 8;
/** A coded picture goes through FLV, and 16 MiB is all that a tag of it holds. */
const MAX_PICTURE_BYTES = 8 << 20;
/** Sound that is missing for longer is filled with silence, for which it is encoded anew. */
const MAX_HOLE_SEC = 0.5;
/** What is encoded anew keeps its size up to this, though the live ladder ends below it. */
const MAX_TOP_SHORT_SIDE = 1080;

/** Decides which renditions a file becomes: a pure function of what was found in it. Time is no concern, so no rung is left out for lack of CPU. */
export function planFile(options: FilePlanOptions): FilePlan {
  const { probe } = options;
  const audio = planAudio(probe);
  const sound = audio === 'none' ? [] : [{ name: 'audio', kind: 'audio' as const, origin: audio === 'passed' ? 'passthrough' as const : 'encoded' as const }];
  const { video } = probe.head;
  const facts = probe.walk.video;
  if (video === undefined || facts === undefined) return { renditions: sound, passesVideo: false, encoded: [], audio, keyFrames: ENCODED_GOP_SEC, keyFrameIntervalMs: 0, fpsAtMost: undefined };
  const passesVideo = probe.copied.video !== undefined && canPass(video, facts, probe.copied.video, options);
  const encoded = rungsOf({ width: video.width, height: video.height, sar: video.sar, fps: Math.min(facts.fps, MAX_FPS) }, facts, passesVideo, options);
  return {
    renditions: [
      ...(passesVideo ? [{ name: 'source', kind: 'video' as const, origin: 'passthrough' as const }] : []),
      ...encoded.map(({ name }) => ({ name, kind: 'video' as const, origin: 'encoded' as const })),
      ...sound,
    ],
    passesVideo,
    encoded,
    audio,
    keyFrames: passesVideo ? 'source' : ENCODED_GOP_SEC,
    keyFrameIntervalMs: (passesVideo ? facts.keyFrameIntervalSec : ENCODED_GOP_SEC) * 1000,
    fpsAtMost: facts.fps > MAX_FPS + FPS_SLACK ? MAX_FPS : undefined,
  };
}

function planAudio({ head, walk, copied }: FileProbe): FilePlan['audio'] {
  if (head.audio === undefined || walk.audio === undefined) return 'none';
  const passes = copied.audio !== undefined && canPassAudio(copied.audio, walk.audio.kbps) && walk.audio.longestHoleSec <= MAX_HOLE_SEC;
  return passes ? 'passed' : 'encoded';
}

/** Fragments carry no rotation, and players of HLS stretch interlaced pictures as they are. */
function canPass(video: FileVideo, facts: VideoFacts, config: VideoConfig, { ladder, config: settings }: FilePlanOptions): boolean {
  const isPlain = video.rotation === 0 && !video.isInterlaced && !video.isHdr;
  const isCuttable = facts.beginsWithKey && facts.longestStandSec <= MAX_STAND_SEC && facts.largestBytes <= MAX_PICTURE_BYTES;
  const isModest = facts.kbps <= MAX_PASSABLE_KBPS && facts.fps <= MAX_FPS + FPS_SLACK;
  const source = {
    video: config, audio: undefined, fps: facts.fps, videoKbps: facts.kbps, audioKbps: 0,
    keyFrameIntervalSec: facts.keyFrameIntervalSec, sinceKeyFrameSec: 0, hasBFrames: false,
  };
  const limits = { ...settings, maxKeyFrameIntervalSec: MAX_KEY_FRAME_INTERVAL_SEC };
  return isPlain && isCuttable && isModest && passObstacle(config, source, { ladder: ladder === 'off' ? 'auto' : ladder, config: limits }) === undefined;
}

function rungsOf(shape: PictureShape, facts: VideoFacts, passesVideo: boolean, { config, ladder, cost }: FilePlanOptions): VideoRung[] {
  const wanted = ladder === 'auto' ? config.rungs.map(({ name }) => name) : ladder;
  const rungs = wantedRungs(shape, { config, ladder: wanted, dropped: new Set(), cost }, !passesVideo);
  const top = passesVideo || ladder !== 'auto' ? undefined : topRung(shape, facts, { config, cost });
  return top === undefined || (rungs[0]?.height ?? 0) * (rungs[0]?.width ?? 0) >= top.width * top.height ? rungs : [top, ...rungs];
}

/** For pictures larger than the best rung: they keep what they have. */
function topRung(shape: PictureShape, facts: VideoFacts, { config, cost }: Pick<FilePlanOptions, 'config' | 'cost'>): VideoRung | undefined {
  const best = config.rungs[0];
  const shortSide = Math.min(MAX_TOP_SHORT_SIDE, Math.floor(Math.min(shape.width, shape.height) / 2) * 2);
  if (best === undefined || shortSide <= best.shortSide) return undefined;
  const likeBest = best.bitrateKbps * (shortSide / best.shortSide) ** 1.5;
  // Twice the source holds what better codecs say in half the bits; more would be air.
  const bitrateKbps = Math.round(Math.max(best.bitrateKbps, Math.min(likeBest, facts.kbps * 2)));
  return scaleRung({ name: `${shortSide}p`, shortSide, bitrateKbps }, shape, cost);
}
