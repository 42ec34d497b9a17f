import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Test } from 'tap';
import { Packager } from '../../src/packager/index.js';
import type { LivePackage, Segment } from '../../src/packager/index.js';
import type { Mp4Segment, Mp4Track } from '../../src/recordings/index.js';
import type { Media } from '../../src/streams/index.js';
import { recordingLog } from './log.js';

const ID = '11111111-1111-4111-8111-111111111111';
/** Where the broadcast's clock is when the first take starts. */
const START_MS = 10_000;
const WINDOW_SEC = 7200;

/** A broadcast whose segments are all on disk. */
export class Recorded {
  readonly live: LivePackage;
  readonly #mediaDir: string;
  readonly #segments: { rendition: string; segment: Segment }[] = [];
  #nowMs = START_MS;
  #take = -1;

  private constructor(live: LivePackage, mediaDir: string) {
    this.live = live;
    this.#mediaDir = mediaDir;
    live.on('segment', (rendition, segment) => {
      if (!segment.isGap) this.#segments.push({ rendition, segment });
    });
  }

  static async open(t: Test): Promise<Recorded> {
    const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-recorded-'));
    const packager = new Packager({ config: { segmentSec: 2, partSec: 0.334, windowSec: WINDOW_SEC, dvrSec: 0, memoryMiB: 64 }, mediaDir: folder, log: recordingLog() });
    await packager.start();
    t.after(async () => {
      await packager.stop();
      await rm(folder, { recursive: true, force: true });
    });
    return new Recorded(packager.open({ id: ID, channel: { slug: 'ada' }, epochMs: 0 }), folder);
  }

  /** Packs one connection of a publisher, whose clock starts at zero, as a take after an outage. */
  add(items: Media[], { outageMs = 0 }: { outageMs?: number } = {}): void {
    if (this.#take >= 0) this.live.finishTake();
    const take = ++this.#take;
    const fromMs = this.#nowMs + outageMs;
    this.live.startTake({ number: take, keyFrameIntervalMs: 2000, renditions: [{ name: 'source', kind: 'video', origin: 'passthrough' }, { name: 'audio', kind: 'audio', origin: 'passthrough' }] });
    for (const media of items) {
      if (media.type === 'config') {
        this.live.push({ type: 'config', take, rendition: media.config.kind === 'video' ? 'source' : 'audio', config: media.config });
        continue;
      }
      const frame = { ...media.frame, dtsMs: media.frame.dtsMs + fromMs, ptsMs: media.frame.ptsMs + fromMs };
      this.live.push({ type: 'frame', take, rendition: frame.kind === 'video' ? 'source' : 'audio', frame });
      this.#nowMs = Math.max(this.#nowMs, frame.ptsMs + 1);
    }
  }

  /** Everything that was packed, the outages left out. */
  async tracks(): Promise<Mp4Track[]> {
    this.live.finish();
    await this.live.settled();
    return (['video', 'audio'] as const).map((kind) => ({ kind, segments: this.#segmentsOf(kind === 'video' ? 'source' : 'audio') }));
  }

  #segmentsOf(rendition: string): Mp4Segment[] {
    const starts = this.#starts();
    return this.#segments.filter((entry) => entry.rendition === rendition).map(({ segment }) => ({
      initFile: this.#fileOf(segment.initUri),
      file: this.#fileOf(segment.uri),
      sizeBytes: segment.sizeBytes,
      startMs: segment.startMs,
      atMs: starts.get(segment.number) ?? 0,
      durationMs: segment.durationMs,
    }));
  }

  /** When each segment number begins in a file without the outages, ms. */
  #starts(): Map<number, number> {
    const lengths = new Map<number, number>();
    for (const { segment } of this.#segments) lengths.set(segment.number, Math.max(segment.durationMs, lengths.get(segment.number) ?? 0));
    let atMs = 0;
    return new Map([...lengths].sort(([a], [b]) => a - b).map(([number, lengthMs]) => [number, (atMs += lengthMs) - lengthMs]));
  }

  #fileOf(uri: string): string {
    return path.join(this.#mediaDir, uri.replace('/media/', ''));
  }
}
