import { code as dagPb } from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { create } from 'multiformats/hashes/digest';
import { CHUNK_BYTES, nodesOver, subtreeOf } from '../cid/unixfs-node.js';

/** Multihash code of SHA-256; the library's own hasher brings Node's crypto along. */
const SHA2_256 = 0x12;

/** CIDv1 of a block, with SHA-256, by WebCrypto. */
export async function webBlockCid(codec: number, bytes: Uint8Array<ArrayBuffer>): Promise<CID> {
  return CID.createV1(codec, create(SHA2_256, new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))));
}

/** The CID of a whole file, as `ipfs add` gives it with Kubo's profile `unixfs-v1-2025`; its chunks are hashed beside this thread. */
export async function webContentCid(bytes: Uint8Array<ArrayBuffer>): Promise<CID> {
  let level = await Promise.all(chunksOf(bytes).map(async (chunk) => subtreeOf({ cid: await webBlockCid(raw.code, chunk), sizeBytes: chunk.length })));
  while (level.length > 1) {
    level = await Promise.all(nodesOver(level).map(async ({ bytes: node, ...sizes }) => ({ cid: await webBlockCid(dagPb, new Uint8Array(node)), ...sizes })));
  }
  const [root] = level;
  if (root === undefined) throw new Error('a file has one chunk at least');
  return root.cid;
}

function chunksOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  return Array.from({ length: Math.max(1, Math.ceil(bytes.length / CHUNK_BYTES)) }, (_, at) => bytes.subarray(at * CHUNK_BYTES, (at + 1) * CHUNK_BYTES));
}
