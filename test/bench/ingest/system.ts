import type { Child, Children } from '../measure/children.js';

export interface StartOptions {
  streams: number;
  /** An empty folder for everything that this run writes. */
  folder: string;
  ffmpegPath: string;
  children: Children;
  signal: AbortSignal;
}

/** A server under test that is ready to be published to. */
export interface RunningSystem {
  /** Root of the process tree that is measured. */
  child: Child;
  /** One for each stream. */
  publishUrls: string[];
  /** Number of the newest segment of each stream's playlist; absent when the system makes no playlists. */
  newestSegments?: () => Promise<number[]>;
  /** Where it answers HTTP; absent when it does not. */
  origin?: string;
}

export interface System {
  name: string;
  /** What the figures stand for, for the report. */
  description: string;
  /** Why it cannot run on this machine; undefined when it can. */
  missing(): string | undefined;
  start(options: StartOptions): Promise<RunningSystem>;
}

/** Names that every system takes for its streams, and Tidemark for its channels. */
export function streamNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `bench${String(index + 1).padStart(3, '0')}`);
}
