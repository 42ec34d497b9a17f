import { createHash } from 'node:crypto';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import { create } from 'multiformats/hashes/digest';
import { sha256 } from 'multiformats/hashes/sha2';
import { folderBlock } from './unixfs-folder.js';
import type { FolderEntry } from './unixfs-folder.js';
import { CHUNK_BYTES } from './unixfs-node.js';
import { buildTree } from './unixfs-tree.js';
import type { TreeBlock } from './unixfs-tree.js';

/** A file of a recording. */
export interface NamedFile {
  /** `master.m3u8`, or `720p/12.m4s`. */
  name: string;
  cid: CID;
  sizeBytes: number;
}

/**
 * A recording as one UnixFS folder, with a folder in it for each rendition: what is played from any gateway.
 * Undefined when a rendition has more files than one block can name (some 17,000: nine hours of segments of two seconds).
 */
export function recordingFolder(files: NamedFile[]): { root: CID; blocks: TreeBlock[] } | undefined {
  const blocks: TreeBlock[] = [];
  const top: FolderEntry[] = [];
  for (const [folder, members] of byFolder(files)) {
    const entries = members.map(({ name, cid, sizeBytes }) => ({ name: name.slice(name.indexOf('/') + 1), cid, totalBytes: totalBytesOf(sizeBytes) }));
    if (folder === '') {
      top.push(...entries);
      continue;
    }
    const block = folderBlock(entries);
    if (block === undefined) return undefined;
    blocks.push(block);
    top.push({ name: folder, cid: block.cid, totalBytes: block.totalBytes });
  }
  const root = folderBlock(top);
  return root && { root: root.cid, blocks: [...blocks, root] };
}

/** Files by the folder that they are in; those at the top under ''. */
function byFolder(files: NamedFile[]): Map<string, NamedFile[]> {
  const folders = new Map<string, NamedFile[]>();
  for (const file of files) {
    const folder = file.name.includes('/') ? file.name.slice(0, file.name.indexOf('/')) : '';
    const members = folders.get(folder);
    if (members === undefined) folders.set(folder, [file]);
    else members.push(file);
  }
  return folders;
}

/** All blocks of a file together. The nodes of a tree are as long for any content: CIDs have one length. */
function totalBytesOf(sizeBytes: number): number {
  if (sizeBytes <= CHUNK_BYTES) return sizeBytes;
  const leaves = Array.from({ length: Math.ceil(sizeBytes / CHUNK_BYTES) }, (_, at) => ({ cid: ANY_LEAF, sizeBytes: Math.min(CHUNK_BYTES, sizeBytes - at * CHUNK_BYTES) }));
  return sizeBytes + buildTree(leaves).blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

const ANY_LEAF = CID.createV1(raw.code, create(sha256.code, createHash('sha256').digest()));
