import { code as dagCbor, encode } from '@ipld/dag-cbor';
import type { CID } from 'multiformats/cid';
import { blockCid } from '../cid/unixfs-tree.js';
import { readBlock, signedBytes } from './manifest-body.js';
import type { ManifestBody } from './manifest-body.js';

/** A body with its signature, as it is stored and sent. */
export interface SignedBlock {
  /** Of the bytes: what the next block refers to. */
  cid: CID;
  /** DAG-CBOR of `{ body, signature }`. */
  bytes: Uint8Array;
}

/** Writes and signs a body. DAG-CBOR has one form for each value: the same body gives the same bytes everywhere. */
export function sealBlock(body: ManifestBody, sign: (bytes: Uint8Array) => Uint8Array): SignedBlock {
  const encoded = encode(body);
  const bytes = encode({ body: encoded, signature: sign(signedBytes(encoded)) });
  return sealedBlock(bytes);
}

/** A block that was sealed before. */
export function sealedBlock(bytes: Uint8Array): SignedBlock {
  return { cid: blockCid(dagCbor, bytes), bytes };
}

/** What is in a signed block. Its signature is not looked at. @throws when it is no manifest block, or not in its one form */
export function openBlock(bytes: Uint8Array): ReturnType<typeof readBlock> & { cid: CID } {
  return { ...readBlock(bytes), cid: blockCid(dagCbor, bytes) };
}
