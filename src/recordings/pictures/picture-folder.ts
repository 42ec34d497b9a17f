import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { isWholeJpeg } from './jpeg.js';
import { sheetName } from './storyboard.js';

const INDEX_FILE = 'index.json';

const timeMs = z.int();
const pictureIndex = z.object({
  firstTile: z.int().min(0),
  timesMs: z.array(timeMs),
  isFinished: z.boolean(),
  /** Pictures kept for the poster, oldest first. */
  candidates: z.array(z.object({ atMs: timeMs, isBlank: z.boolean() })),
  /** The candidate that is the poster now. */
  posterMs: timeMs.optional(),
});
/** What is in the folder; times are whole ms of the broadcast's clock. */
export type PictureIndex = z.infer<typeof pictureIndex>;

export const NO_PICTURES: PictureIndex = { firstTile: 0, timesMs: [], isFinished: false, candidates: [] };

/** Where the pictures of a broadcast are. */
export function picturesPath(mediaDir: string, broadcastId: string): string {
  return path.join(mediaDir, broadcastId, 'pictures');
}

/** The files of a broadcast's pictures. Each appears whole: it is written beside its name and renamed. */
export class PictureFolder {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = folder;
  }

  fileOf(name: string): string {
    return path.join(this.#path, name);
  }

  /** The index, or undefined when there is none, or none that can be read: its pictures are made anew. */
  async readIndex(): Promise<PictureIndex | undefined> {
    try {
      return pictureIndex.parse(JSON.parse(await readFile(this.fileOf(INDEX_FILE), 'utf8')));
    } catch {
      return undefined;
    }
  }

  async writeIndex(index: PictureIndex): Promise<void> {
    await this.write(INDEX_FILE, JSON.stringify(index));
  }

  /** The path of a sheet that another tile can be laid on. A power cut leaves empty files: those cannot. */
  async findSheet(sheet: number): Promise<string | undefined> {
    const file = this.fileOf(sheetName(sheet));
    const bytes = await readFile(file).catch(() => undefined);
    return bytes !== undefined && isWholeJpeg(bytes) ? file : undefined;
  }

  async write(name: string, content: Buffer | string): Promise<void> {
    await this.#replace(name, (partial) => writeFile(partial, content));
  }

  async copy(from: string, to: string): Promise<void> {
    await this.#replace(to, (partial) => copyFile(this.fileOf(from), partial));
  }

  async remove(name: string): Promise<void> {
    await rm(this.fileOf(name), { force: true });
  }

  async #replace(name: string, make: (partial: string) => Promise<void>): Promise<void> {
    const file = this.fileOf(name);
    const partial = `${file}.tmp`;
    // Each time: somebody may have cleared the disk.
    await mkdir(this.#path, { recursive: true });
    try {
      await make(partial);
      await rename(partial, file);
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }
}
