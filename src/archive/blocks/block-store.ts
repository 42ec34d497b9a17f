import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Readable as MemoryStream } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { identity } from 'multiformats/hashes/identity';
import type { Component, Db, Log } from '../../platform/index.js';
import { messageOf } from '../../platform/index.js';
import { placeOfBlock } from './places.js';
import type { BlockPlace } from './places.js';
import { deleteBlocks, insertBlocks, listOwners, listPlaces } from './queries.js';
import type { StoredBlock } from './queries.js';

export interface BlockStoreOptions {
  db: Db;
  mediaDir: string;
  /** Whether strangers may have what is in a broadcast. */
  isPublic: (broadcastId: string) => Promise<boolean>;
  /** Broadcasts whose files stay: recordings, and what is on air. */
  listKept: () => Promise<string[]>;
  log: Log;
}

const PLACES_LOOKED_AT = 8;
/** As Kubo and others bound it. */
const MAX_INLINE_BYTES = 128;
const SWEEP_MS = 3_600_000;

/** Blocks by their CIDs. The bytes stay in the files of the broadcasts; what no file has is in the database. */
export class BlockStore implements Component {
  readonly #options: BlockStoreOptions;
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(options: BlockStoreOptions) {
    this.#options = options;
  }

  /** Forgets what went while nobody looked, now and every hour. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweep();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  async add(broadcastId: string, places: BlockPlace[]): Promise<void> {
    await insertBlocks(this.#options.db, broadcastId, places);
  }

  /**
   * A block that may be given to everybody; undefined when there is none, or none any more.
   * @param near the broadcast that has what refers to it: many may have the same block, and this one surely has
   */
  async find(cid: CID, near?: string): Promise<StoredBlock | undefined> {
    if (cid.multihash.code === identity.code) return inlineBlock(cid);
    for (const place of await listPlaces(this.#options.db, cid, { near, limit: PLACES_LOOKED_AT })) {
      if (await this.#isThere(place) && await this.#options.isPublic(place.broadcastId)) return place;
    }
    return undefined;
  }

  /** The files of a broadcast are gone. */
  async remove(broadcastId: string): Promise<void> {
    await deleteBlocks(this.#options.db, broadcastId);
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

  #sweep(): void {
    this.#sweeping = this.#sweeping.then(() => this.#forgetGone()).catch((error: unknown) => this.#options.log.warn('blocks of deleted broadcasts could not be forgotten', { error: messageOf(error) }));
  }

  /** What a recording has stays known even if the disk is away for a while. */
  async #forgetGone(): Promise<void> {
    const { db, mediaDir, listKept } = this.#options;
    const owners = await listOwners(db);
    const kept = new Set(await listKept());
    for (const id of owners.filter((one) => !kept.has(one))) {
      if (await stat(path.join(mediaDir, id)).catch(() => undefined) === undefined) await this.remove(id);
    }
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

/** A CID that has the bytes in it, as those that ask whether a gateway works (`bafkqaaa`, the empty one). */
function inlineBlock(cid: CID): StoredBlock | undefined {
  const bytes = cid.multihash.digest;
  return cid.code !== raw.code || bytes.length > MAX_INLINE_BYTES ? undefined : { ...placeOfBlock({ cid, bytes }), broadcastId: '', isFile: true };
}
