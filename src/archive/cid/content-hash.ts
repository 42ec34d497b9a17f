import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { create } from 'multiformats/hashes/digest';
import { sha256 } from 'multiformats/hashes/sha2';
import { CHUNK_BYTES } from './unixfs-node.js';
import type { Leaf } from './unixfs-node.js';
import { buildTree } from './unixfs-tree.js';

/** Hashed at a stretch: a quarter of a millisecond. */
const SLICE_BYTES = 256 << 10;

/** What a file is called wherever it is. */
export interface ContentName {
  /** CIDv1; that of the bytes themselves when they are one chunk, else of a UnixFS tree over the chunks. */
  cid: CID;
  sizeBytes: number;
  /** The chunks, in order: with them, and the nodes of the tree, the file can be given to others block by block. */
  leaves: Leaf[];
}

/**
 * Finds the CID of a file while its bytes come by: the one that `ipfs add` prints with the profile `unixfs-v1-2025`
 * (CIDv1, raw leaves, chunks of 1 MiB, 1024 links a node, balanced).
 */
export class ContentHash {
  readonly #leaves: Leaf[] = [];
  #chunk: Hash = createHash('sha256');
  #chunkBytes = 0;

  update(bytes: Uint8Array): this {
    for (let at = 0; at < bytes.length;) {
      if (this.#chunkBytes === CHUNK_BYTES) this.#endChunk();
      const taken = Math.min(bytes.length - at, CHUNK_BYTES - this.#chunkBytes);
      this.#chunk.update(bytes.subarray(at, at + taken));
      this.#chunkBytes += taken;
      at += taken;
    }
    return this;
  }

  /** Call once. */
  finish(): ContentName {
    if (this.#chunkBytes > 0 || this.#leaves.length === 0) this.#endChunk();
    const sizeBytes = this.#leaves.reduce((sum, leaf) => sum + leaf.sizeBytes, 0);
    return { cid: buildTree(this.#leaves).cid, sizeBytes, leaves: this.#leaves };
  }

  #endChunk(): void {
    this.#leaves.push({ cid: leafCid(this.#chunk.digest()), sizeBytes: this.#chunkBytes });
    this.#chunk = createHash('sha256');
    this.#chunkBytes = 0;
  }
}

/** The CID of bytes that are all there. */
export function contentName(buffers: Iterable<Uint8Array>): ContentName {
  const hash = new ContentHash();
  for (const buffer of buffers) hash.update(buffer);
  return hash.finish();
}

/**
 * The same, a slice at a time: whatever else is due comes between two slices, also when all streams of a server end a
 * segment in the same moment. Nothing is copied; for helper threads the bytes would be, which takes longer than hashing them.
 */
export async function contentNameAside(buffers: Iterable<Uint8Array>): Promise<ContentName> {
  const hash = new ContentHash();
  let left = 0;
  for (const buffer of buffers) {
    for (let at = 0; at < buffer.length;) {
      if (left === 0) {
        await nextSlice();
        left = SLICE_BYTES;
      }
      const taken = Math.min(buffer.length - at, left);
      hash.update(buffer.subarray(at, at + taken));
      left -= taken;
      at += taken;
    }
  }
  return hash.finish();
}

/** One slice in a turn of the event loop, whoever waits for it. */
let lastSlice: Promise<void> = Promise.resolve();
function nextSlice(): Promise<void> {
  lastSlice = lastSlice.then(() => setImmediate());
  return lastSlice;
}

function leafCid(digest: Uint8Array): CID {
  return CID.createV1(raw.code, create(sha256.code, digest));
}
