import type { AudioConfig, VideoConfig } from '../../streams/index.js';

/** A segment that is on the disk: `<rendition>/<number>.m4s`, to be read after `<rendition>/init-<take>.mp4`. */
export interface RecordedSegment {
  take: number;
  number: number;
  /** On the broadcast's clock, ms. */
  startMs: number;
  durationMs: number;
  sizeBytes: number;
  frames: number;
}

export interface RecordedRendition {
  name: string;
  kind: 'video' | 'audio';
  /** By take. */
  inits: ReadonlyMap<number, VideoConfig | AudioConfig>;
  /** By number, rising. */
  segments: RecordedSegment[];
}

/** What of a broadcast is on the disk, as the packager wrote it down. */
export interface RecordedIndex {
  id: string;
  /** Wall-clock time of the broadcast clock's zero, ms since 1970. */
  epochMs: number;
  takes: { number: number; isSlate: boolean }[];
  renditions: RecordedRendition[];
}
