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
      const pieces: Uint8Array[] = [];
      try {
        for await (const piece of blocks.file(cid)) pieces.push(piece);
        return pieces;
      } catch (error) {
        if (error instanceof BlockMissing) return pieces.length === 0 ? undefined : pieces;
        throw error;
      }
    },
  };
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
