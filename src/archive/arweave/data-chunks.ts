import { webcrypto } from 'node:crypto';
import { buildLayers, generateLeaves, generateProofs, MAX_CHUNK_SIZE, MIN_CHUNK_SIZE } from 'arweave/node/lib/merkle.js';

/** One piece of a transaction's data, as it is posted, and the proof that it is one. */
export interface DataChunk {
  /** Of the data: the first byte, and the one behind the last. */
  from: number;
  to: number;
  /** Within `[from, to)`: which chunk the proof is of. */
  offset: number;
  /** Base64url. */
  proof: string;
}

/** A transaction's data in pieces of up to 256 KiB, and the root of the Merkle tree over them. */
export interface DataChunks {
  /** Base64url. */
  dataRoot: string;
  chunks: DataChunk[];
}

type Stretch = Pick<DataChunk, 'from' | 'to'>;

/** Hashed by libuv's threads: a bundle has up to 32 MiB, and this thread has viewers. */
export async function chunkData(data: Uint8Array): Promise<DataChunks> {
  const stretches = stretchesOf(data.length);
  const hashed: Parameters<typeof generateLeaves>[0] = [];
  // One after the other: the thread's copy of all of them at once would be the whole bundle again.
  for (const { from, to } of stretches) hashed.push({ dataHash: await sha256(data.subarray(from, to)), minByteRange: from, maxByteRange: to });
  const root = await buildLayers(await generateLeaves(hashed));
  const proofs = generateProofs(root);
  const chunks = stretches.flatMap(({ from, to }, at) => {
    const proof = proofs[at];
    // The empty one at the end counts for the tree, but there is nothing to post of it.
    return proof === undefined || from === to ? [] : [{ from, to, offset: proof.offset, proof: Buffer.from(proof.proof).toString('base64url') }];
  });
  return { dataRoot: Buffer.from(root.id).toString('base64url'), chunks };
}

/** Of 256 KiB; the last two are as long as each other when the last one would be too short. What divides evenly ends with an empty one. */
function stretchesOf(sizeBytes: number): Stretch[] {
  const stretches: Stretch[] = [];
  let from = 0;
  while (sizeBytes - from >= MAX_CHUNK_SIZE) {
    const restBytes = sizeBytes - from;
    const isRestShort = restBytes > MAX_CHUNK_SIZE && restBytes < MAX_CHUNK_SIZE + MIN_CHUNK_SIZE;
    const to = from + (isRestShort ? Math.ceil(restBytes / 2) : MAX_CHUNK_SIZE);
    stretches.push({ from, to });
    from = to;
  }
  return [...stretches, { from, to: sizeBytes }];
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await webcrypto.subtle.digest('SHA-256', bytes));
}
