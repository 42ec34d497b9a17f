import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Log } from '../../src/platform/index.js';
import type { LivePackage, Packager } from '../../src/packager/index.js';
import type { Media } from '../../src/streams/index.js';
import { SourceMeter } from '../../src/streams/source-meter.js';
import { Transcode } from '../../src/transcode/index.js';
import { readInit, samplesOf } from './boxes.js';
import type { MovieSample } from './boxes.js';
import type { ListedSegment } from './hls.js';
import { segmentsOf } from './hls.js';

export interface RemuxOptions {
  packager: Packager;
  log: Log;
  ladder?: 'auto' | 'off';
}

/** A path that cannot be: nothing is even forked for it. */
const NO_PROGRAM = '\0';

/** What one take of a rendition became. */
export interface RemuxedTake {
  /** The sample entry and the size, such as `hvc1 320x240`, or `mp4a`. */
  format: string;
  timescale: number;
  samples: MovieSample[];
}

/** A source on its way through transcode and packager, as the product joins them, without FFmpeg unless a ladder is asked for. */
export class Remux {
  readonly transcode: Transcode;
  readonly live: LivePackage;
  readonly failures: string[] = [];
  readonly #packager: Packager;
  readonly #meter = new SourceMeter();

  constructor(options: RemuxOptions) {
    this.#packager = options.packager;
    const transcode = new Transcode({
      startedAtMs: Date.now(),
      config: { ffmpegPath: '', ladder: 'auto', rungs: [{ name: '90p', shortSide: 90, bitrateKbps: 100 }], preset: 'ultrafast', audioBitrateKbps: 96, maxLoad: 0.8, maxKeyFrameIntervalSec: 2.4 },
      ladder: () => options.ladder ?? 'off',
      ffmpegPath: options.ladder === undefined ? NO_PROGRAM : (process.env['FFMPEG_PATH'] ?? 'ffmpeg'),
      facts: () => this.#meter.facts(),
      cost: () => ({ decodePerMpx: 0.003, encodePerMpx: 0.016 }),
      coresFree: () => 16,
      log: options.log,
    });
    const live = options.packager.open({ id: randomUUID(), channel: { slug: 'remux' }, epochMs: transcode.epochMs });
    transcode.on('take', (take) => live.startTake(take));
    transcode.on('media', (media) => live.push(media));
    transcode.on('takeFinished', () => live.finishTake());
    transcode.on('failed', (reason) => this.failures.push(reason));
    this.transcode = transcode;
    this.live = live;
  }

  attach(): void {
    this.#meter.reset();
    this.transcode.attach();
  }

  readonly push = (media: Media): void => {
    this.#meter.measure(media);
    this.transcode.push(media);
  };

  /** The source ends: everything of it is in the package. */
  async finish(): Promise<void> {
    await this.transcode.close();
    this.#packager.close(this.live);
    await this.live.settled();
  }

  /** What is listed of a rendition, take after take. Throws where it cannot be read or contradicts itself. */
  takes(rendition: string): RemuxedTake[] {
    const playlist = this.live.mediaPlaylist(rendition);
    const takes = new Map<string, RemuxedTake>();
    for (const segment of playlist === undefined ? [] : segmentsOf(playlist)) {
      if (segment.isGap) continue;
      const take = takes.get(segment.initUri) ?? this.#readTake(segment);
      takes.set(segment.initUri, take);
      this.#addSegment(take, segment);
    }
    return [...takes.values()];
  }

  #readTake({ initUri }: ListedSegment): RemuxedTake {
    const init = readInit(this.#fetch(initUri));
    return { format: init.width === 0 ? init.entry : `${init.entry} ${init.width}x${init.height}`, timescale: init.timescale, samples: [] };
  }

  #addSegment(take: RemuxedTake, { uri }: ListedSegment): void {
    const samples = samplesOf(this.#fetch(uri));
    const last = take.samples.at(-1);
    let endTicks = last === undefined ? 0 : last.decodeTicks + last.durationTicks;
    samples.forEach((sample, i) => {
      if (i === 0 && !sample.isKey) throw new Error(`${uri} does not start with a key frame`);
      if (sample.payload.length === 0) throw new Error(`${uri} has an empty sample`);
      if (sample.durationTicks <= 0) throw new Error(`${uri} has a sample of ${sample.durationTicks} ticks`);
      if (sample.decodeTicks < endTicks) throw new Error(`${uri} decodes at ${sample.decodeTicks}, before ${endTicks}`);
      if (sample.decodeTicks + sample.compositionTicks < 0) throw new Error(`${uri} shows a picture before zero`);
      endTicks = sample.decodeTicks + sample.durationTicks;
    });
    take.samples.push(...samples);
  }

  #fetch(uri: string): Buffer {
    const stored = this.live.findFile(uri.split('/').slice(3).join('/'));
    if (stored === undefined) throw new Error(`${uri} is listed and cannot be fetched`);
    return 'buffers' in stored ? Buffer.concat(stored.buffers) : readFileSync(stored.file);
  }
}
