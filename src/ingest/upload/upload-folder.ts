import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** A chunk that is there, whole. */
export interface StoredChunk {
  index: number;
  /** Hex. */
  sha256: string;
  sizeBytes: number;
}

/** A listing of thousands must not take every thread that reads files. */
const STATS_AT_ONCE = 32;
const CHUNK_NAME = /^(\d{1,7})-([0-9a-f]{64})$/;

/**
 * The bytes of uploads under one folder that is never served: `<id>` and `<id>.json` of tus, `<id>.chunks/<index>-<SHA-256>`.
 * Nothing that a client chose is part of a path.
 */
export class UploadFolder {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async create(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
  }

  fileOf(id: string): string {
    return path.join(this.folder, id);
  }

  /** Bytes that have arrived, and when the last of them did; undefined before the first. */
  async arrived(id: string): Promise<{ sizeBytes: number; lastAt: Date } | undefined> {
    const file = await stat(this.fileOf(id)).catch(() => undefined);
    if (file !== undefined) return { sizeBytes: file.size, lastAt: file.mtime };
    const chunks = await this.listChunks(id);
    const folder = await stat(this.#chunksOf(id)).catch(() => undefined);
    return folder && { sizeBytes: chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0), lastAt: folder.mtime };
  }

  /** In the order of their index. */
  async listChunks(id: string): Promise<StoredChunk[]> {
    const names = await readdir(this.#chunksOf(id)).catch(() => []);
    const chunks: StoredChunk[] = [];
    for (let from = 0; from < names.length; from += STATS_AT_ONCE) {
      const some = await Promise.all(names.slice(from, from + STATS_AT_ONCE).map((name) => this.#findChunk(id, name)));
      chunks.push(...some.filter((chunk) => chunk !== undefined));
    }
    return chunks.sort((a, b) => a.index - b.index);
  }

  /**
   * Writes a chunk beside its name; it is there once {@link keepChunk} gave it the name.
   * @param mark tells attempts at the same chunk apart. @throws what the body throws, such as a bound
   */
  async writeChunk(id: string, mark: string, body: Readable): Promise<{ sha256: string; sizeBytes: number; partial: string }> {
    await mkdir(this.#chunksOf(id), { recursive: true });
    const partial = path.join(this.#chunksOf(id), `${mark}.part`);
    const hash = createHash('sha256');
    let sizeBytes = 0;
    await pipeline(body, async function* (source: AsyncIterable<Buffer>) {
      for await (const piece of source) {
        hash.update(piece);
        sizeBytes += piece.length;
        yield piece;
      }
    }, createWriteStream(partial, { flags: 'wx', flush: true })).catch(async (error: unknown) => {
      await rm(partial, { force: true });
      throw error;
    });
    return { sha256: hash.digest('hex'), sizeBytes, partial };
  }

  async keepChunk(id: string, { index, sha256 }: Pick<StoredChunk, 'index' | 'sha256'>, partial: string): Promise<void> {
    await rename(partial, path.join(this.#chunksOf(id), `${index}-${sha256}`));
  }

  async dropPartial(partial: string): Promise<void> {
    await rm(partial, { force: true });
  }

  /** The first bytes of a chunk. */
  async headOf(id: string, { index, sha256 }: StoredChunk, sizeBytes: number): Promise<Buffer> {
    const handle = await open(path.join(this.#chunksOf(id), `${index}-${sha256}`));
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(sizeBytes), 0, sizeBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  }

  /** Makes one file of the chunks; begun anew after a crash, and nothing to do when it is made. */
  async join(id: string, signal: AbortSignal): Promise<void> {
    const chunks = await this.listChunks(id);
    if (chunks.length === 0) return;
    // Once it is there, some of the chunks may be gone already.
    if ((await stat(this.fileOf(id)).catch(() => undefined)) === undefined) {
      const partial = `${this.fileOf(id)}.joining`;
      await this.#joinInto(partial, id, chunks, signal);
      await rename(partial, this.fileOf(id));
    }
    await rm(this.#chunksOf(id), { recursive: true, force: true });
  }

  async remove(id: string): Promise<void> {
    await Promise.all(['', '.json', '.joining', '.chunks'].map((ending) => rm(`${this.fileOf(id)}${ending}`, { recursive: true, force: true })));
  }

  /** Removes what belongs to none of these. */
  async removeOthers(ids: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.folder)) {
      const [id = ''] = name.split('.');
      if (!ids.has(id)) await rm(path.join(this.folder, name), { recursive: true, force: true });
    }
  }

  async #findChunk(id: string, name: string): Promise<StoredChunk | undefined> {
    const [, index, sha256] = CHUNK_NAME.exec(name) ?? [];
    if (index === undefined || sha256 === undefined) return undefined;
    const file = await stat(path.join(this.#chunksOf(id), name)).catch(() => undefined); // it may go meanwhile
    return file && { index: Number(index), sha256, sizeBytes: file.size };
  }

  async #joinInto(partial: string, id: string, chunks: StoredChunk[], signal: AbortSignal): Promise<void> {
    await rm(partial, { force: true });
    for (const { index, sha256 } of chunks) {
      await pipeline(createReadStream(path.join(this.#chunksOf(id), `${index}-${sha256}`)), createWriteStream(partial, { flags: 'a' }), { signal });
    }
    const handle = await open(partial, 'r+');
    try {
      await handle.sync(); // the chunks go next
    } finally {
      await handle.close();
    }
  }

  #chunksOf(id: string): string {
    return `${this.fileOf(id)}.chunks`;
  }
}
