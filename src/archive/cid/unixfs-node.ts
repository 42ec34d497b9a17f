import { createLink, createNode, encode } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';

// Nothing of Node in here: browsers find CIDs with it, too.

/** Kubo's profile `unixfs-v1-2025`: leaves of 1 MiB, nodes of 1024 links. */
export const CHUNK_BYTES = 1 << 20;
const MAX_LINKS = 1024;

/** A chunk of a file. */
export interface Leaf {
  cid: CID;
  sizeBytes: number;
}

/** A part of a file's tree, as its parent names it. */
export interface Subtree {
  cid: CID;
  /** Of the file's bytes below it. */
  sizeBytes: number;
  /** Of all blocks below it and its own: what UnixFS calls Tsize. */
  totalBytes: number;
}

/** The node over some subtrees, before anybody has hashed it. */
export interface Node {
  bytes: Uint8Array;
  sizeBytes: number;
  totalBytes: number;
}

export function subtreeOf({ cid, sizeBytes }: Leaf): Subtree {
  return { cid, sizeBytes, totalBytes: sizeBytes };
}

/** The nodes above a level of a balanced tree. */
export function nodesOver(level: Subtree[]): Node[] {
  return groupsOf(level, MAX_LINKS).map((children) => {
    const file = new UnixFS({ type: 'file', blockSizes: children.map(({ sizeBytes }) => BigInt(sizeBytes)) });
    const bytes = encode(createNode(file.marshal(), children.map(({ cid, totalBytes }) => createLink('', totalBytes, cid))));
    const sum = (key: 'sizeBytes' | 'totalBytes'): number => children.reduce((total, child) => total + child[key], 0);
    return { bytes, sizeBytes: sum('sizeBytes'), totalBytes: sum('totalBytes') + bytes.length };
  });
}

function groupsOf<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size));
}
