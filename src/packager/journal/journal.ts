import type { AudioConfig, Take, VideoConfig } from '../../streams/index.js';
import type { Segment } from '../segment.js';

/** One line of a broadcast's journal. */
export type JournalEntry =
  | { type: 'broadcast'; id: string; slug: string; epochMs: number }
  | { type: 'take'; take: number; isSlate: boolean; renditions: string[] }
  | { type: 'init'; rendition: string; take: number; config: WrittenConfig }
  | { type: 'segment'; rendition: string; take: number; number: number; startMs: number; durationMs: number; discontinuity: number; sizeBytes: number; frames: number }
  | { type: 'end' };

/** A decoder configuration with its description as text. */
export type WrittenConfig = (Omit<VideoConfig, 'description'> | Omit<AudioConfig, 'description'>) & { description: string };

export const JOURNAL_FILE = 'journal.jsonl';

/**
 * What a broadcast has on its disk, line by line as it gets there: from it the recording's playlists are made, and the
 * broadcast goes on after the server was started anew. A line follows the file that it is about.
 */
export class Journal {
  readonly #append: (text: string) => void;

  constructor(options: { append: (text: string) => void }) {
    this.#append = options.append;
  }

  begin(broadcast: { id: string; slug: string; epochMs: number }): void {
    this.#write({ type: 'broadcast', ...broadcast });
  }

  startTake({ number, isSlate = false, renditions }: Take): void {
    this.#write({ type: 'take', take: number, isSlate, renditions: renditions.map(({ name }) => name) });
  }

  addInit(rendition: string, take: number, config: VideoConfig | AudioConfig): void {
    this.#write({ type: 'init', rendition, take, config: { ...config, description: config.description.toString('base64') } });
  }

  addSegment(rendition: string, take: number, { number, startMs, durationMs, discontinuity, sizeBytes, frames }: Segment): void {
    this.#write({ type: 'segment', rendition, take, number, startMs, durationMs, discontinuity, sizeBytes, frames });
  }

  end(): void {
    this.#write({ type: 'end' });
  }

  #write(entry: JournalEntry): void {
    this.#append(`${JSON.stringify(entry)}\n`);
  }
}
