import { createHash } from 'node:crypto';
import { code as dagPb, createLink, createNode, encode } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { CID } from 'multiformats/cid';
import { create } from 'multiformats/hashes/digest';
import { sha256 } from 'multiformats/hashes/sha2';

/** A chunk of a file. */
export interface Leaf {
  cid: CID;
  sizeBytes: number;
}

/** A node of the tree, as a block. */
export interface TreeBlock {
  cid: CID;
  bytes: Uint8Array;
}

/** Kubo's profile `unixfs-v1-2025`. */
const MAX_LINKS = 1024;

interface Subtree {
  cid: CID;
  /** Of the file's bytes below it. */
  sizeBytes: number;
  /** Of all blocks below it and its own: what UnixFS calls Tsize. */
  totalBytes: number;
}

/** The balanced UnixFS tree over the leaves of a file; a file of one leaf is that leaf, and has no node. */
export function buildTree(leaves: Leaf[]): { cid: CID; blocks: TreeBlock[] } {
  const blocks: TreeBlock[] = [];
  let level: Subtree[] = leaves.map(({ cid, sizeBytes }) => ({ cid, sizeBytes, totalBytes: sizeBytes }));
  while (level.length > 1) {
    level = groupsOf(level, MAX_LINKS).map((children) => {
      const { subtree, bytes } = joinSubtrees(children);
      blocks.push({ cid: subtree.cid, bytes });
      return subtree;
    });
  }
  const [root] = level;
  if (root === undefined) throw new Error('a file has one leaf at least');
  return { cid: root.cid, blocks };
}

function joinSubtrees(children: Subtree[]): { subtree: Subtree; bytes: Uint8Array } {
  const file = new UnixFS({ type: 'file', blockSizes: children.map(({ sizeBytes }) => BigInt(sizeBytes)) });
  const bytes = encode(createNode(file.marshal(), children.map(({ cid, totalBytes }) => createLink('', totalBytes, cid))));
  const sum = (key: 'sizeBytes' | 'totalBytes'): number => children.reduce((total, child) => total + child[key], 0);
  return { subtree: { cid: blockCid(dagPb, bytes), sizeBytes: sum('sizeBytes'), totalBytes: sum('totalBytes') + bytes.length }, bytes };
}

/** CIDv1 of a block, with SHA-256. */
export function blockCid(codec: number, bytes: Uint8Array): CID {
  return CID.createV1(codec, create(sha256.code, createHash('sha256').update(bytes).digest()));
}

function groupsOf<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
