import type { Readable } from 'node:stream';
import type { ProcessExit } from '../../platform/index.js';
import { Process } from '../../platform/index.js';
import { PictureFailed } from './errors.js';
import { isWholeJpeg } from './jpeg.js';
import { GREY, pictureArguments } from './picture-arguments.js';
import type { TileTarget } from './picture-arguments.js';

export interface PictureMakerOptions {
  ffmpegPath: string;
  /** Pictures that may be in the making, of all broadcasts; 2 when left out. */
  atOnce?: number;
  /** Time for one picture, ms; 5 s when left out. */
  timeoutMs?: number;
}

/** One key frame as the packager wrote it. */
export interface KeyFrame {
  /** The init segment. */
  init: Buffer;
  /** Whole fragments, the first of which starts with the key frame. */
  part: Buffer;
}

export interface Picture {
  jpeg: Buffer;
  /** The sheet of the storyboard, with the new tile on it. */
  sheet: Buffer;
  /** Brightness of the picture, 32 × 18 bytes. */
  grey: Buffer;
}

/** What is live comes first. */
const NICENESS = 10;
/** A sheet of nothing but noise has 1.5 MB. */
const MAX_OUTPUT_BYTES = 8 << 20;

/** Makes pictures of key frames with FFmpeg, a few at a time: who comes while it is busy goes without. */
export class PictureMaker {
  readonly #ffmpegPath: string;
  readonly #atOnce: number;
  readonly #timeoutMs: number;
  #running = 0;

  constructor(options: PictureMakerOptions) {
    this.#ffmpegPath = options.ffmpegPath;
    this.#atOnce = options.atOnce ?? 2;
    this.#timeoutMs = options.timeoutMs ?? 5_000;
  }

  get isBusy(): boolean {
    return this.#running >= this.#atOnce;
  }

  /**
   * @throws {PictureFailed} when FFmpeg does not give whole pictures, or not in time.
   * @throws {ProcessNotStarted} when there is no FFmpeg.
   */
  async make(frame: KeyFrame, options: { target: TileTarget; signal: AbortSignal }): Promise<Picture> {
    this.#running++;
    try {
      return await this.#run(frame, options);
    } finally {
      this.#running--;
    }
  }

  async #run(frame: KeyFrame, { target, signal }: { target: TileTarget; signal: AbortSignal }): Promise<Picture> {
    const child = await Process.start({ command: this.#ffmpegPath, args: pictureArguments(target), outputs: 2, stdout: true, niceness: NICENESS });
    const collect = (pipe: Readable): Buffer[] => child.collect(pipe, MAX_OUTPUT_BYTES);
    const [grey, jpeg, sheet] = [collect(child.stdout), collect(child.output(0)), collect(child.output(1))];
    child.stdin.write(frame.init);
    child.stdin.end(frame.part);
    const exit = await child.exitedWithin({ timeoutMs: this.#timeoutMs, signal });
    return wholePicture({ jpeg: Buffer.concat(jpeg), sheet: Buffer.concat(sheet), grey: Buffer.concat(grey) }, exit);
  }
}

function wholePicture(picture: Picture, { code, signal, stderr }: ProcessExit): Picture {
  if (code !== 0) throw new PictureFailed(stderr.at(-1) ?? `FFmpeg ended with ${signal ?? code}`);
  // FFmpeg also exits with 0 when it found nothing to decode.
  const isWhole = isWholeJpeg(picture.jpeg) && isWholeJpeg(picture.sheet) && picture.grey.length === GREY.width * GREY.height;
  if (!isWhole) throw new PictureFailed(stderr.at(-1) ?? 'FFmpeg gave none');
  return picture;
}
