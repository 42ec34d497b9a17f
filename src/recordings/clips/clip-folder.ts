import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Mp4Plan } from '../mp4/mp4-plan.js';

/** A clip's files. */
export type ClipFile = 'mp4' | 'jpg';

/** The files of all clips: `<id>.mp4` and `<id>.jpg`. Each appears whole: it is written under another name and renamed. */
export class ClipFolder {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = folder;
  }

  async writeVideo(id: string, plan: Mp4Plan, signal: AbortSignal): Promise<void> {
    await this.#write(id, 'mp4', (partial) => pipeline(plan.read(), createWriteStream(partial), { signal }));
  }

  async writePoster(id: string, jpeg: Buffer): Promise<void> {
    await this.#write(id, 'jpg', (partial) => writeFile(partial, jpeg));
  }

  /** Undefined when it is not there. */
  async open(id: string, file: ClipFile): Promise<FileHandle | undefined> {
    return open(this.#fileOf(id, file)).catch(() => undefined);
  }

  async remove(id: string): Promise<void> {
    for (const file of ['mp4', 'jpg'] as const) await rm(this.#fileOf(id, file), { force: true });
  }

  /** Removes what belongs to none of these: a crash left it. */
  async removeOthers(ids: Set<string>): Promise<void> {
    await mkdir(this.#path, { recursive: true });
    const left = (await readdir(this.#path)).filter((name) => !/^[^.]+\.(mp4|jpg)$/.test(name) || !ids.has(path.parse(name).name));
    for (const name of left) await rm(path.join(this.#path, name), { force: true, recursive: true });
  }

  #fileOf(id: string, file: ClipFile): string {
    return path.join(this.#path, `${id}.${file}`);
  }

  async #write(id: string, file: ClipFile, write: (partial: string) => Promise<void>): Promise<void> {
    const partial = `${this.#fileOf(id, file)}.tmp`;
    try {
      // Each time: somebody may have cleared the disk.
      await mkdir(this.#path, { recursive: true });
      await write(partial);
      await rename(partial, this.#fileOf(id, file));
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
  }
}
