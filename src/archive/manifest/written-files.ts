import type { InitEntry, SegmentEntry } from './manifest-body.js';

/** A file of a broadcast, before it is hashed. */
export type WrittenFile =
  | ({ kind: 'init' } & Omit<InitEntry, 'cid' | 'sizeBytes'>)
  | ({ kind: 'segment' } & Omit<SegmentEntry, 'cid' | 'sizeBytes'>);

/** What this room reads of the packager's index of a broadcast. */
export interface WrittenIndex {
  renditions: {
    name: string;
    inits: Map<number, unknown>;
    segments: { take: number; number: number; startMs: number; durationMs: number; discontinuity: number }[];
  }[];
}

/** A segment as it is signed: times in whole microseconds. */
export function segmentFile(rendition: string, segment: { take: number; number: number; startMs: number; durationMs: number; discontinuity: number }): WrittenFile & { kind: 'segment' } {
  const { take, number, startMs, durationMs, discontinuity } = segment;
  return { kind: 'segment', rendition, number, take, discontinuity, startUs: Math.round(startMs * 1_000), durationUs: Math.round(durationMs * 1_000) };
}

/** Every file that an index names, inits first. */
export function writtenFiles({ renditions }: WrittenIndex): WrittenFile[] {
  return [
    ...renditions.flatMap(({ name, inits }) => [...inits.keys()].map((take) => ({ kind: 'init' as const, rendition: name, take }))),
    ...renditions.flatMap(({ name, segments }) => segments.map((segment) => segmentFile(name, segment))),
  ];
}
