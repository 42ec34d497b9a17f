import type { RecordedIndex, RecordedSegment } from '../../src/recordings/vod/recorded-index.js';
import type { AudioConfig, VideoConfig } from '../../src/streams/index.js';

export const RECORDED_ID = '11111111-1111-4111-8111-111111111111';

export interface RecordedTake {
  number: number;
  isSlate?: boolean;
  /** On the broadcast's clock. */
  fromMs: number;
  firstNumber: number;
  /** Of its segments in turn. */
  durationsMs: number[];
  /** Which renditions it has. */
  configs: Record<string, VideoConfig | AudioConfig>;
  /** What did not get to the disk, such as `720p/3`. */
  lost?: string[];
}

/** What the packager would have written down; a segment has 1000 bytes a second for each 360 lines, sound as much. */
export function recordedIndex(takes: RecordedTake[]): RecordedIndex {
  const names = [...new Set(takes.flatMap(({ configs }) => Object.keys(configs)))];
  return {
    id: RECORDED_ID,
    epochMs: Date.UTC(2026, 10, 21, 18, 0),
    takes: takes.map(({ number, isSlate = false }) => ({ number, isSlate })),
    renditions: names.map((name) => {
      const own = takes.flatMap((take) => (take.configs[name] === undefined ? [] : [{ take, config: take.configs[name] }]));
      return {
        name,
        kind: own[0]?.config.kind ?? 'video',
        inits: new Map(own.map(({ take, config }) => [take.number, config])),
        segments: own.flatMap(({ take, config }) => segmentsOf(take, config).filter(({ number }) => !take.lost?.includes(`${name}/${number}`))),
      };
    }),
  };
}

function segmentsOf({ number: take, fromMs, firstNumber, durationsMs }: RecordedTake, config: VideoConfig | AudioConfig): RecordedSegment[] {
  let startMs = fromMs;
  return durationsMs.map((durationMs, i) => {
    const weight = config.kind === 'video' ? config.height / 360 : 1;
    const segment = { take, number: firstNumber + i, startMs, durationMs, sizeBytes: durationMs * weight, frames: Math.round((durationMs / 1000) * (config.kind === 'video' ? 30 : 48_000 / 1024)) };
    startMs += durationMs;
    return segment;
  });
}
