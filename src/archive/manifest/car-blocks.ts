import { varint } from 'multiformats';
import { CID } from 'multiformats/cid';

// Nothing of Node in here: browsers read manifests with it, too.

/** The signature alone takes half of it. What follows a shorter one, perhaps millions of those, counts no more than it does. */
const MIN_BLOCK_BYTES = 128;

/** What of a CAR file is whole. */
export interface StoredManifest {
  /** The signed blocks, in order. */
  blocks: Uint8Array[];
  /** How much of the file is whole. */
  sizeBytes: number;
}

/** The blocks of a CAR file, in order, as far as they are whole. What they say is for whoever reads them to check. */
export function readCar(bytes: Uint8Array): StoredManifest {
  const blocks: Uint8Array[] = [];
  let at = frameAt(bytes, 0)?.end ?? 0;
  const sizeOfHead = at;
  for (let frame = frameAt(bytes, at); frame !== undefined && sizeOfHead > 0; frame = frameAt(bytes, at)) {
    const block = blockOf(bytes.subarray(frame.start, frame.end));
    if (block === undefined) break;
    blocks.push(block);
    at = frame.end;
    if (block.length < MIN_BLOCK_BYTES) break;
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
