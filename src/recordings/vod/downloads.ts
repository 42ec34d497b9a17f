import path from 'node:path';
import { DownloadsBusy, RenditionUnknown } from '../errors.js';
import { planMp4 } from '../mp4/mp4-plan.js';
import type { Mp4Plan } from '../mp4/mp4-plan.js';
import type { Mp4Track } from '../mp4/track-reader.js';
import type { VodRendition, VodTimeline } from './vod-timeline.js';

/** An hour has 3 MB of tables. */
const PLANS_KEPT = 4;
const MAX_PLANNING = 8;

/** Recordings as one MP4 file: planned one after the other, kept for the ranges that follow. */
export class Downloads {
  readonly #mediaDir: string;
  /** By recording and rendition, the one used last at the end. */
  readonly #plans = new Map<string, Promise<Mp4Plan>>();
  #planning: Promise<unknown> = Promise.resolve();
  #unfinished = 0;

  constructor(options: { mediaDir: string }) {
    this.#mediaDir = options.mediaDir;
  }

  /** @throws {DownloadsBusy} {NothingRecorded} {CodecsMixed} */
  async get(timeline: VodTimeline, rendition: VodRendition): Promise<Mp4Plan> {
    const key = `${timeline.id} ${rendition.name}`;
    if (!this.#plans.has(key) && this.#unfinished >= MAX_PLANNING) throw new DownloadsBusy();
    const plan = this.#plans.get(key) ?? this.#plan(key, downloadTracks(timeline, rendition, this.#mediaDir));
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    const [oldest = ''] = this.#plans.keys();
    if (this.#plans.size > PLANS_KEPT) this.#plans.delete(oldest);
    return plan;
  }

  async #plan(key: string, tracks: Mp4Track[]): Promise<Mp4Plan> {
    this.#unfinished++;
    const plan = this.#planning.then(() => planMp4(tracks));
    this.#planning = plan.catch(() => undefined);
    try {
      return await plan;
    } catch (error) {
      this.#plans.delete(key);
      throw error;
    } finally {
      this.#unfinished--;
    }
  }
}

/** The rendition that is asked for; else the best that every player takes: H.264, then any pictures, then sound. @throws {RenditionUnknown} */
export function downloadRendition({ renditions }: VodTimeline, name?: string): VodRendition {
  const isPlain = ({ configs }: VodRendition): boolean => configs.every(({ codec }) => codec === 'h264');
  const found = name === undefined ? (renditions.find(isPlain) ?? renditions[0]) : renditions.find((rendition) => rendition.name === name);
  if (found === undefined) throw new RenditionUnknown(name ?? '');
  return found;
}

/** One rendition and, beside pictures, the sound. */
export function downloadTracks({ id, renditions }: VodTimeline, rendition: VodRendition, mediaDir: string): Mp4Track[] {
  const sound = rendition.kind === 'video' ? renditions.filter(({ kind }) => kind === 'audio') : [];
  return [rendition, ...sound].map(({ kind, segments }) => ({
    kind,
    segments: segments.flatMap(({ from, take, number, sizeBytes, startMs, atMs, durationMs }) => {
      const folder = from && path.join(mediaDir, id, from);
      return folder === undefined ? [] : [{ initFile: path.join(folder, `init-${take}.mp4`), file: path.join(folder, `${number}.m4s`), sizeBytes, startMs, atMs, durationMs }];
    }),
  }));
}
