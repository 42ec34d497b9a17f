import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Readable as MemoryStream } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { CID } from 'multiformats/cid';
import type { Db } from '../../platform/index.js';
import type { BlockPlace } from './places.js';
import { insertBlocks, listPlaces } from './queries.js';
import type { StoredBlock } from './queries.js';

export interface BlockStoreOptions {
  db: Db;
  mediaDir: string;
  /** Whether strangers may have what is in a broadcast. */
  isPublic: (broadcastId: string) => Promise<boolean>;
}

const PLACES_LOOKED_AT = 8;

/** Blocks by their CIDs. The bytes stay in the files of the broadcasts; what no file has is in the database. */
export class BlockStore {
  readonly #options: BlockStoreOptions;

  constructor(options: BlockStoreOptions) {
    this.#options = options;
  }

  async add(broadcastId: string, places: BlockPlace[]): Promise<void> {
    await insertBlocks(this.#options.db, broadcastId, places);
  }

  /**
   * A block that may be given to everybody; undefined when there is none, or none any more.
   * @param near the broadcast that has what refers to it: many may have the same block, and this one surely has
   */
  async find(cid: CID, near?: string): Promise<StoredBlock | undefined> {
    for (const place of await listPlaces(this.#options.db, cid, { near, limit: PLACES_LOOKED_AT })) {
      if (await this.#isThere(place) && await this.#options.isPublic(place.broadcastId)) return place;
    }
    return undefined;
  }

  /** The bytes of the block itself. */
  async read(place: StoredBlock): Promise<Buffer> {
    return place.bytes === undefined ? buffer(this.open(place)) : Buffer.from(place.bytes);
  }

  /** The bytes of a leaf, or of a whole file from its root; both ends included, counted from where it begins. */
  open(place: StoredBlock, { start, end } = { start: 0, end: place.sizeBytes - 1 }): Readable {
    if (end < start) return MemoryStream.from([]);
    if (place.file === undefined) return MemoryStream.from([Buffer.from(place.bytes ?? []).subarray(start, end + 1)]);
    return createReadStream(this.#pathOf(place.broadcastId, place.file), { start: place.offsetBytes + start, end: place.offsetBytes + end });
  }

  async #isThere({ broadcastId, file, offsetBytes, sizeBytes }: StoredBlock): Promise<boolean> {
    if (file === undefined) return true;
    const found = await stat(this.#pathOf(broadcastId, file)).catch(() => undefined);
    return found !== undefined && found.size >= offsetBytes + sizeBytes;
  }

  #pathOf(broadcastId: string, file: string): string {
    return path.join(this.#options.mediaDir, broadcastId, file);
  }
}
