import type { Log } from '../../platform/index.js';
import { messageOf } from '../../platform/index.js';
import { NO_PICTURES, PictureFolder } from './picture-folder.js';
import type { PictureIndex } from './picture-folder.js';
import type { KeyFrame, Picture, PictureMaker } from './picture-maker.js';
import { choosePoster, isBlank, isWorthKeeping } from './poster.js';
import { nextTile, placeOf, sheetName, TILES_PER_SHEET } from './storyboard.js';

export interface BroadcastPicturesOptions {
  /** The broadcast's own folder of pictures; made when the first one is written. */
  folder: string;
  maker: PictureMaker;
  /** Shortest time between two pictures, ms of the broadcast's clock; 10 s when left out. */
  everyMs?: number;
  log: Log;
}

const EVERY_MS = 10_000;
/** 27 hours of a picture every ten seconds; of a broadcast that never ends, the oldest sheet goes. */
const MAX_TILES = 100 * TILES_PER_SHEET;

/**
 * The pictures of one broadcast, made of its key frames: the latest, the poster, the storyboard. Whatever fails is
 * logged once, and the next key frame that is due is tried.
 */
export class BroadcastPictures {
  readonly #folder: PictureFolder;
  readonly #maker: PictureMaker;
  readonly #everyMs: number;
  readonly #log: Log;
  readonly #closing = new AbortController();
  #index: PictureIndex;
  /** When the next picture is due, ms of the broadcast's clock. */
  #dueMs: number;
  #isOpen = true;
  #hasWarned = false;
  #making: Promise<void> | undefined;

  private constructor(options: BroadcastPicturesOptions, folder: PictureFolder, index: PictureIndex) {
    this.#folder = folder;
    this.#maker = options.maker;
    this.#everyMs = options.everyMs ?? EVERY_MS;
    this.#log = options.log;
    this.#index = index;
    this.#dueMs = (index.timesMs.at(-1) ?? -Infinity) + this.#everyMs;
  }

  /** Goes on with what is in the folder. */
  static async open(options: BroadcastPicturesOptions): Promise<BroadcastPictures> {
    const folder = new PictureFolder(options.folder);
    return new BroadcastPictures(options, folder, (await folder.readIndex()) ?? NO_PICTURES);
  }

  /** Whether a key frame of this time would become a picture: one is due, and nothing is in the making. */
  wants(atMs: number): boolean {
    return this.#isOpen && this.#making === undefined && !this.#maker.isBusy && atMs >= this.#dueMs;
  }

  /** Makes a picture when one is wanted, and skips the frame when not. */
  take(frame: KeyFrame & { atMs: number }): void {
    if (!this.wants(frame.atMs)) return;
    const atMs = Math.round(frame.atMs);
    // Also when it fails: a stream that cannot be decoded must not cost a process for every segment.
    this.#dueMs = atMs + this.#everyMs;
    this.#making = this.#guard(() => this.#make(frame, atMs)).finally(() => {
      this.#making = undefined;
    });
  }

  get isMaking(): boolean {
    return this.#making !== undefined;
  }

  /** Resolves when no picture is in the making. */
  async settled(): Promise<void> {
    await this.#making;
  }

  /** The broadcast is over: what is there stays, and never changes again. */
  async finish(): Promise<void> {
    this.#isOpen = false;
    await this.settled();
    await this.#guard(() => this.#tidy());
  }

  /** The server stops: what is in the making is dropped, and another one goes on with the folder. */
  async close(): Promise<void> {
    this.#isOpen = false;
    this.#closing.abort();
    await this.settled();
  }

  async #make(frame: KeyFrame, atMs: number): Promise<void> {
    const tile = nextTile(this.#index);
    const { sheet, x, y } = placeOf(tile);
    // Whatever a sheet is before its first tile, it is left over.
    const sheetFile = tile % TILES_PER_SHEET === 0 ? undefined : await this.#folder.findSheet(sheet);
    const picture = await this.#maker.make(frame, { target: { x, y, sheetFile }, signal: this.#closing.signal });
    await this.#folder.write(sheetName(sheet), picture.sheet);
    await this.#folder.write('latest.jpg', picture.jpeg);
    const withPoster = await this.#keepForPoster(picture, atMs);
    const index = await this.#dropOldest({ ...withPoster, timesMs: [...this.#index.timesMs, atMs] });
    // Last: a crash before this makes the same tile again.
    await this.#folder.writeIndex(index);
    this.#index = index;
  }

  /** The poster is there from the first picture on, and moves with the length of the broadcast. */
  async #keepForPoster({ jpeg, grey }: Picture, atMs: number): Promise<PictureIndex> {
    const candidate = { atMs, isBlank: isBlank(grey) };
    const isKept = isWorthKeeping(this.#index.candidates, candidate);
    const candidates = isKept ? [...this.#index.candidates, candidate] : this.#index.candidates;
    if (isKept) await this.#folder.write(candidateName(atMs), jpeg);
    const posterMs = choosePoster(candidates, atMs)?.atMs ?? atMs;
    if (posterMs !== this.#index.posterMs) await this.#folder.copy(candidateName(posterMs), 'poster.jpg');
    return { ...this.#index, candidates, posterMs };
  }

  async #dropOldest(index: PictureIndex): Promise<PictureIndex> {
    if (index.timesMs.length <= MAX_TILES) return index;
    await this.#folder.remove(sheetName(placeOf(index.firstTile).sheet));
    return { ...index, firstTile: index.firstTile + TILES_PER_SHEET, timesMs: index.timesMs.slice(TILES_PER_SHEET) };
  }

  async #tidy(): Promise<void> {
    if (this.#index.timesMs.length === 0) return;
    const { candidates } = this.#index;
    this.#index = { ...this.#index, isFinished: true, candidates: [] };
    await this.#folder.writeIndex(this.#index);
    for (const { atMs } of candidates) await this.#folder.remove(candidateName(atMs));
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.#hasWarned || this.#closing.signal.aborted) return;
      this.#hasWarned = true;
      this.#log.warn('a picture of the broadcast failed; further ones are not logged', { error: messageOf(error) });
    }
  }
}

function candidateName(atMs: number): string {
  return `candidate-${atMs}.jpg`;
}
