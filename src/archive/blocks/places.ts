import type { CID } from 'multiformats/cid';
import type { ContentName } from '../cid/content-hash.js';
import { buildTree } from '../cid/unixfs-tree.js';
import type { TreeBlock } from '../cid/unixfs-tree.js';

/** Where a block is. */
export interface BlockPlace {
  cid: CID;
  /** Path inside the broadcast's folder; undefined when the bytes are in `bytes` alone. */
  file: string | undefined;
  offsetBytes: number;
  /** Of the block; of the whole file for its root. */
  sizeBytes: number;
  /** The block itself, where no file has it: nodes of trees and folders. */
  bytes: Uint8Array | undefined;
  /** It is the root of a file. */
  isFile: boolean;
}

/** The blocks of a file on the disk. Its bytes are not stored again: leaves are stretches of it. */
export function placesOfFile(file: string, { cid, sizeBytes, leaves }: ContentName): BlockPlace[] {
  const [only, ...others] = leaves;
  if (only !== undefined && others.length === 0) return [{ cid, file, offsetBytes: 0, sizeBytes, bytes: undefined, isFile: true }];
  let offsetBytes = 0;
  const stretches = leaves.map((leaf) => {
    const place: BlockPlace = { cid: leaf.cid, file, offsetBytes, sizeBytes: leaf.sizeBytes, bytes: undefined, isFile: false };
    offsetBytes += leaf.sizeBytes;
    return place;
  });
  const nodes = buildTree(leaves).blocks.map((block): BlockPlace => block.cid.equals(cid)
    ? { cid, file, offsetBytes: 0, sizeBytes, bytes: block.bytes, isFile: true }
    : placeOfBlock(block));
  return [...stretches, ...nodes];
}

/** A block that no file has. */
export function placeOfBlock({ cid, bytes }: TreeBlock): BlockPlace {
  return { cid, file: undefined, offsetBytes: 0, sizeBytes: bytes.length, bytes, isFile: false };
}
