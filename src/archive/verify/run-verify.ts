import { CID } from 'multiformats/cid';
import { ManifestBroken } from '../manifest/growing-chain.js';
import { checkChain } from '../manifest/manifest-chain.js';
import { GatewayBlocks } from './gateway-blocks.js';
import { contentReportOf, reportOf } from './report.js';
import { openFolder, openManifest, openUrl } from './sources.js';
import type { Copy } from './sources.js';
import { findUnsigned, sourceOf, verifyContent } from './verify-content.js';
import type { ContentVerification } from './verify-content.js';
import { verifyBroadcast } from './verify.js';
import { filesOf } from './verify-files.js';
import type { Finding, Verification } from './verify-files.js';

/** Where text goes. */
interface TextOut {
  isTTY?: boolean;
  write(text: string): unknown;
}

export interface VerifyWish {
  /** An http(s) address, a folder, or a CID. */
  target: string;
  /** For a CID: gateways that are asked, and where the manifest is. */
  gateways?: string[] | undefined;
  manifest?: string | undefined;
  /** `did:key` that has to have signed. */
  key?: string | undefined;
  isJson: boolean;
  out: TextOut;
  progress: TextOut;
}

/** What is there is true, and there may have been more. */
const WITHOUT_END = 3;

/** Public ones that give blocks. */
const GATEWAYS = ['https://trustless-gateway.link', 'https://ipfs.io'];

/** `tidemark verify`: gives the exit code: 0 true, 1 false, 3 true as far as the manifest goes. @throws {CopyUnreadable} when it cannot be told */
export async function runVerify(wish: VerifyWish): Promise<number> {
  const { target, manifest, gateways } = wish;
  const cid = cidIn(target);
  if (cid === undefined) return verifyCopy(/^https?:/.test(target) ? await openUrl(target) : await openFolder(target), wish);
  const blocks = new GatewayBlocks(gateways === undefined || gateways.length === 0 ? GATEWAYS : gateways);
  if (manifest === undefined) return reportContent(await verifyContent(blocks, cid), wish);
  return verifyCopy({ blocks: await openManifest(manifest), source: sourceOf(blocks) }, wish, { cid, blocks });
}

/** A CID by itself, or as ipfs://; undefined for anything else. */
function cidIn(target: string): CID | undefined {
  try {
    return CID.parse(target.replace(/^ipfs:\/\//, '')).toV1();
  } catch {
    return undefined;
  }
}

function reportContent(verification: ContentVerification, { isJson, out }: VerifyWish): number {
  const { cid, files, sizeBytes, findings } = verification;
  out.write(`${isJson ? JSON.stringify({ isTrue: findings.length === 0, cid: cid.toString(), files, sizeBytes, findings }, undefined, 2) : contentReportOf(verification)}\n`);
  return findings.length === 0 ? 0 : 1;
}

/** A recording on IPFS. */
interface Folder {
  cid: CID;
  blocks: GatewayBlocks;
}

/** @param folder the one that the manifest has to name, and to know everything in */
async function verifyCopy({ blocks, broadcast, source }: Copy, { key, isJson, out, progress }: VerifyWish, folder?: Folder): Promise<number> {
  try {
    const unsigned = folder === undefined ? [] : await checkFolder(blocks, folder);
    const files = await verifyBroadcast(blocks, source, { key, broadcast, onProgress: progressOn(progress) });
    const verification = { ...files, findings: [...files.findings, ...unsigned] };
    out.write(`${isJson ? JSON.stringify(jsonOf(verification), undefined, 2) : reportOf(verification, { isKeyGiven: key !== undefined })}\n`);
    if (verification.findings.length > 0) return 1;
    return verification.manifest.isFinal ? 0 : WITHOUT_END;
  } catch (error) {
    if (!(error instanceof ManifestBroken)) throw error;
    out.write(isJson ? `${JSON.stringify({ isTrue: false, problem: error.message, block: error.block })}\n` : `${error.message}\nfalse: this is not what was signed\n`);
    return 1;
  }
}

/** What is in it and was not signed. @throws {ManifestBroken} */
async function checkFolder(blocks: Uint8Array[], folder: Folder): Promise<Finding[]> {
  const manifest = checkChain(blocks);
  const named = manifest.folder?.toString() ?? 'no folder';
  if (named !== folder.cid.toString()) throw new ManifestBroken(blocks.length - 1, `is of ${named}, not of ${folder.cid.toString()}`);
  const signed = new Map(filesOf(manifest).map(({ file, cid }) => [file, cid]));
  return findUnsigned(folder.blocks, folder.cid, (name) => signed.get(name));
}

function progressOn(out: TextOut): (done: number, total: number) => void {
  if (out.isTTY !== true) return () => undefined;
  return (done, total) => void out.write(done === total ? '\r\u001b[K' : `\r${done} of ${total} files`);
}

function jsonOf({ manifest, files, sizeBytes, findings }: Verification): object {
  const { broadcast, channel, key, head, isFinal } = manifest;
  return { isTrue: findings.length === 0, broadcast, channel, key, manifest: head.toString(), isFinal, files, sizeBytes, findings };
}
