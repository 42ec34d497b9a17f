import { open, readFile } from 'node:fs/promises';
import * as dagCbor from '@ipld/dag-cbor';
import type { CID } from 'multiformats/cid';
import { varint } from 'multiformats';
import { readCar } from './car-blocks.js';
import type { StoredManifest } from './car-blocks.js';
import type { SignedBlock } from './manifest-block.js';

export const MANIFEST_FILE = 'manifest.car';

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

function framed(bytes: Uint8Array): Uint8Array {
  const prefix = varint.encodeTo(bytes.length, new Uint8Array(varint.encodingLength(bytes.length)));
  return Buffer.concat([prefix, bytes]);
}
