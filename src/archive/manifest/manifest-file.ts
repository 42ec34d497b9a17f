import { open, readFile } from 'node:fs/promises';
import * as dagCbor from '@ipld/dag-cbor';
import { CID } from 'multiformats/cid';
import { varint } from 'multiformats';
import type { SignedBlock } from './manifest-block.js';

export const MANIFEST_FILE = 'manifest.car';

/** What of a manifest is on the disk. */
export interface StoredManifest {
  /** The signed blocks, in order. */
  blocks: Uint8Array[];
  /** How much of the file is whole. */
  sizeBytes: number;
}

/** The head of a CARv1 file (IPLD CAR §header); its root is the first block, since the last is not known yet. */
export function carHead(root: CID): Uint8Array {
  return framed(dagCbor.encode({ version: 1, roots: [root] }));
}

/** One block of a CAR file. */
export function carBlock({ cid, bytes }: SignedBlock): Uint8Array {
  return framed(Buffer.concat([cid.bytes, bytes]));
}

/**
 * Writes blocks behind what is whole, over whatever a full disk left there, and waits for the disk.
 * @param sizeBytes how much of the file is whole; 0: a new one. Gives how much is then.
 */
export async function appendBlocks(file: string, blocks: SignedBlock[], sizeBytes: number): Promise<number> {
  const [first] = blocks;
  if (first === undefined) return sizeBytes;
  const bytes = Buffer.concat([...(sizeBytes === 0 ? [carHead(first.cid)] : []), ...blocks.map(carBlock)]);
  const handle = await open(file, sizeBytes === 0 ? 'w' : 'r+', 0o644);
  try {
    const { bytesWritten } = await handle.write(bytes, 0, bytes.length, sizeBytes);
    if (bytesWritten !== bytes.length) throw new Error(`the disk took ${bytesWritten} of ${bytes.length} bytes`);
    await handle.datasync();
    return sizeBytes + bytes.length;
  } finally {
    await handle.close();
  }
}

/** Reads a manifest's blocks; a tail that a crash cut short is left out. Undefined when there is none. */
export async function readManifest(file: string): Promise<StoredManifest | undefined> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return bytes && readCar(bytes);
}

/** The blocks of a CAR file, in order, as far as they are whole and are what their CIDs say. */
export function readCar(bytes: Uint8Array): StoredManifest {
  const blocks: Uint8Array[] = [];
  let at = frameAt(bytes, 0)?.end ?? 0;
  const sizeOfHead = at;
  for (let frame = frameAt(bytes, at); frame !== undefined && sizeOfHead > 0; frame = frameAt(bytes, at)) {
    const block = blockOf(bytes.subarray(frame.start, frame.end));
    if (block === undefined) break;
    blocks.push(block);
    at = frame.end;
  }
  return { blocks, sizeBytes: at };
}

function blockOf(frame: Uint8Array): Uint8Array | undefined {
  try {
    const [, bytes] = CID.decodeFirst(frame);
    return bytes;
  } catch {
    return undefined;
  }
}

function frameAt(bytes: Uint8Array, at: number): { start: number; end: number } | undefined {
  try {
    const [length, prefixBytes] = varint.decode(bytes, at);
    const start = at + prefixBytes;
    return start + length <= bytes.length ? { start, end: start + length } : undefined;
  } catch {
    return undefined;
  }
}

function framed(bytes: Uint8Array): Uint8Array {
  const prefix = varint.encodeTo(bytes.length, new Uint8Array(varint.encodingLength(bytes.length)));
  return Buffer.concat([prefix, bytes]);
}
