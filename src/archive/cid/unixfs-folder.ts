import { code as dagPb, createLink, createNode, encode, prepare } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';
import { blockCid } from './unixfs-tree.js';
import type { TreeBlock } from './unixfs-tree.js';

/** What a folder has: a file or another folder. */
export interface FolderEntry {
  name: string;
  cid: CID;
  /** Of its blocks together. */
  totalBytes: number;
}

/**
 * What IPFS nodes give each other as one block. From 256 KiB on, some 4,700 files, `ipfs add -r` would split a folder into
 * shards, under another CID; this one is a folder as well, with the same files in it.
 */
const MAX_FOLDER_BYTES = 1 << 20;

/** A UnixFS directory of one block; undefined when it has so many entries that it would need shards. */
export function folderBlock(entries: FolderEntry[]): (TreeBlock & { totalBytes: number }) | undefined {
  const links = entries.map(({ name, cid, totalBytes }) => createLink(name, totalBytes, cid));
  const bytes = encode(prepare(createNode(new UnixFS({ type: 'directory' }).marshal(), links)));
  if (bytes.length > MAX_FOLDER_BYTES) return undefined;
  return { cid: blockCid(dagPb, bytes), bytes, totalBytes: bytes.length + entries.reduce((sum, entry) => sum + entry.totalBytes, 0) };
}
