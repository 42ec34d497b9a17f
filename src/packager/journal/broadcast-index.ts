import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { AudioConfig, VideoConfig } from '../../streams/index.js';

const time = z.number();
const count = z.int().nonnegative();
const size = z.object({ width: z.int().positive(), height: z.int().positive() });
const videoConfig = z.object({
  kind: z.literal('video'),
  codec: z.enum(['h264', 'hevc', 'av1', 'vp8', 'vp9']),
  codecString: z.string(),
  width: z.int().positive(),
  height: z.int().positive(),
  sar: size,
  reorderFrames: z.int().optional(),
  interlaced: z.boolean(),
  isBaselineChroma: z.boolean(),
  description: z.base64(),
});
const audioConfig = z.object({
  kind: z.literal('audio'),
  codec: z.enum(['aac', 'opus']),
  codecString: z.string(),
  sampleRate: z.int().positive(),
  channels: z.int().positive(),
  frameSamples: z.int().positive(),
  description: z.base64(),
});
const entry = z.discriminatedUnion('type', [
  z.object({ type: z.literal('broadcast'), id: z.uuid(), slug: z.string(), epochMs: time }),
  z.object({ type: z.literal('take'), take: count, isSlate: z.boolean(), renditions: z.array(z.string()) }),
  z.object({ type: z.literal('init'), rendition: z.string(), take: count, config: z.union([videoConfig, audioConfig]) }),
  z.object({ type: z.literal('segment'), rendition: z.string(), take: count, number: count, startMs: time, durationMs: time, discontinuity: count, sizeBytes: count, frames: count }),
  z.object({ type: z.literal('end') }),
]);
type Entry = z.infer<typeof entry>;

/** A segment that is on the disk: `<rendition>/<number>.m4s`, to be read after `<rendition>/init-<take>.mp4`. */
export interface IndexedSegment {
  take: number;
  number: number;
  /** On the broadcast's clock, ms. */
  startMs: number;
  durationMs: number;
  discontinuity: number;
  sizeBytes: number;
  frames: number;
}

export interface IndexedRendition {
  name: string;
  kind: 'video' | 'audio';
  /** By take. */
  inits: Map<number, VideoConfig | AudioConfig>;
  /** By number, rising. */
  segments: IndexedSegment[];
}

/** What of a broadcast is on the disk. */
export interface BroadcastIndex {
  id: string;
  slug: string;
  /** Wall-clock time of the broadcast clock's zero, ms since 1970. */
  epochMs: number;
  takes: { number: number; isSlate: boolean; renditions: string[] }[];
  renditions: IndexedRendition[];
  hasEnded: boolean;
}

/** The longest line has a decoder configuration in it. */
const MAX_LINE_BYTES = 1 << 20;

/** Reads a journal; undefined when there is none. A line that a crash cut short, or that means nothing here, is left out. */
export async function readJournal(file: string): Promise<BroadcastIndex | undefined> {
  const reading = new IndexReading();
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) if (line.length < MAX_LINE_BYTES) reading.add(line);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return reading.index();
}

class IndexReading {
  readonly #renditions = new Map<string, IndexedRendition>();
  readonly #takes: BroadcastIndex['takes'] = [];
  #head: { id: string; slug: string; epochMs: number } | undefined;
  #hasEnded = false;

  add(line: string): void {
    const parsed = entry.safeParse(jsonOf(line));
    if (parsed.success) this.#take(parsed.data);
  }

  index(): BroadcastIndex | undefined {
    return this.#head && { ...this.#head, takes: this.#takes, renditions: [...this.#renditions.values()], hasEnded: this.#hasEnded };
  }

  #take(entry: Entry): void {
    switch (entry.type) {
      case 'broadcast': this.#head ??= { id: entry.id, slug: entry.slug, epochMs: entry.epochMs }; break;
      case 'take': this.#takes.push({ number: entry.take, isSlate: entry.isSlate, renditions: entry.renditions }); break;
      case 'init': this.#addInit(entry); break;
      case 'segment': this.#addSegment(entry); break;
      case 'end': this.#hasEnded = true;
    }
  }

  #addInit({ rendition: name, take, config }: Extract<Entry, { type: 'init' }>): void {
    const rendition = this.#renditions.get(name) ?? { name, kind: config.kind, inits: new Map<number, VideoConfig | AudioConfig>(), segments: [] };
    this.#renditions.set(name, rendition);
    const description = Buffer.from(config.description, 'base64');
    rendition.inits.set(take, config.kind === 'video' ? { ...config, reorderFrames: config.reorderFrames, description } : { ...config, description });
  }

  #addSegment({ rendition: name, type: _type, ...segment }: Extract<Entry, { type: 'segment' }>): void {
    const rendition = this.#renditions.get(name);
    const last = rendition?.segments.at(-1)?.number ?? -1;
    if (rendition?.inits.has(segment.take) && segment.number > last) rendition.segments.push(segment);
  }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
