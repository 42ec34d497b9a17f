import { createHash } from 'node:crypto';
import { code as dagPb } from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { sha256 } from 'multiformats/hashes/sha2';
import { nodesOver, subtreeOf } from './unixfs-node.js';
import type { Leaf } from './unixfs-node.js';

/** A node of the tree, as a block. */
export interface TreeBlock {
  cid: CID;
  bytes: Uint8Array;
}

/** The balanced UnixFS tree over the leaves of a file; a file of one leaf is that leaf, and has no node. */
export function buildTree(leaves: Leaf[]): { cid: CID; blocks: TreeBlock[] } {
  const blocks: TreeBlock[] = [];
  let level = leaves.map(subtreeOf);
  while (level.length > 1) {
    level = nodesOver(level).map(({ bytes, ...sizes }) => {
      const cid = blockCid(dagPb, bytes);
      blocks.push({ cid, bytes });
      return { cid, ...sizes };
    });
  }
  const [root] = level;
  if (root === undefined) throw new Error('a file has one leaf at least');
  return { cid: root.cid, blocks };
}

/** CIDv1 of a block, with SHA-256. */
export function blockCid(codec: number, bytes: Uint8Array): CID {
  return CID.createV1(codec, create(sha256.code, createHash('sha256').update(bytes).digest()));
}
