import type { CID } from 'multiformats/cid';
import { BlockMissing } from './gateway-blocks.js';
import type { GatewayBlocks } from './gateway-blocks.js';
import type { Finding } from './verify-files.js';
import type { FileSource } from './verify.js';

/** What came of fetching all that a CID names. */
export interface ContentVerification {
  cid: CID;
  /** That are here whole, and are what their CIDs say. */
  files: number;
  sizeBytes: number;
  findings: Finding[];
}

/** Fetches all that is below a CID. It shows that these bytes are this CID; who made them is for a manifest to say. */
export async function verifyContent(blocks: GatewayBlocks, cid: CID): Promise<ContentVerification> {
  const verification: ContentVerification = { cid, files: 0, sizeBytes: 0, findings: [] };
  for await (const file of blocks.list(cid)) {
    const finding = await readWhole(blocks, file, (count) => { verification.sizeBytes += count; });
    if (finding === undefined) verification.files++;
    else verification.findings.push(finding);
  }
  return verification;
}

/** The files of a manifest, by their CIDs. One whose blocks are not all there comes out short. */
export function sourceOf(blocks: GatewayBlocks): FileSource {
  return {
    read: async (_name, cid) => {
      const pieces = asFarAsThere(blocks.file(cid));
      const first = await pieces.next();
      return first.done ? undefined : joined(first.value, pieces);
    },
  };
}

async function* joined(first: Uint8Array, others: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* others;
}

async function* asFarAsThere(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    if (!(error instanceof BlockMissing)) throw error;
  }
}

/** What a folder has that was not signed under this name. A manifest names its folder, but anything may be in that. */
export async function findUnsigned(blocks: GatewayBlocks, folder: CID, find: (name: string) => CID | undefined): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const { name, cid } of blocks.list(folder)) {
    if (find(name)?.equals(cid)) continue;
    const file = name === '' ? folder.toString() : name;
    findings.push({ file, kind: 'changed', message: `${file} is in the folder as ${cid.toString()}, and was not signed, or is nowhere` });
  }
  return findings;
}

async function readWhole(blocks: GatewayBlocks, { name, cid }: { name: string; cid: CID }, onBytes: (count: number) => void): Promise<Finding | undefined> {
  try {
    for await (const piece of blocks.file(cid)) onBytes(piece.length);
    return undefined;
  } catch (error) {
    if (!(error instanceof BlockMissing)) throw error;
    const file = name === '' ? cid.toString() : name;
    return { file, kind: 'missing', message: `${file} is missing: ${error.message}` };
  }
}
