import { ManifestBroken } from '../manifest/growing-chain.js';
import { reportOf } from './report.js';
import { openFolder, openUrl } from './sources.js';
import { verifyBroadcast } from './verify.js';
import type { Verification } from './verify-files.js';

/** Where text goes. */
interface TextOut {
  isTTY?: boolean;
  write(text: string): unknown;
}

export interface VerifyWish {
  /** An http(s) address or a folder. */
  target: string;
  /** `did:key` that has to have signed. */
  key?: string | undefined;
  isJson: boolean;
  out: TextOut;
  progress: TextOut;
}

/** What is there is true, and there may have been more. */
const WITHOUT_END = 3;

/** `tidemark verify`: gives the exit code: 0 true, 1 false, 3 true as far as the manifest goes. @throws {CopyUnreadable} when it cannot be told */
export async function runVerify({ target, key, isJson, out, progress }: VerifyWish): Promise<number> {
  const { blocks, source } = /^https?:/.test(target) ? await openUrl(target) : await openFolder(target);
  try {
    const verification = await verifyBroadcast(blocks, source, { key, onProgress: progressOn(progress) });
    out.write(`${isJson ? JSON.stringify(jsonOf(verification), undefined, 2) : reportOf(verification, { isKeyGiven: key !== undefined })}\n`);
    if (verification.findings.length > 0) return 1;
    return verification.manifest.isFinal ? 0 : WITHOUT_END;
  } catch (error) {
    if (!(error instanceof ManifestBroken)) throw error;
    out.write(isJson ? `${JSON.stringify({ isTrue: false, problem: error.message, block: error.block })}\n` : `${error.message}\nfalse: this is not what was signed\n`);
    return 1;
  }
}

function progressOn(out: TextOut): (done: number, total: number) => void {
  if (out.isTTY !== true) return () => undefined;
  return (done, total) => void out.write(done === total ? '\r\u001b[K' : `\r${done} of ${total} files`);
}

function jsonOf({ manifest, files, sizeBytes, findings }: Verification): object {
  const { broadcast, channel, key, head, isFinal } = manifest;
  return { isTrue: findings.length === 0, broadcast, channel, key, manifest: head.toString(), isFinal, files, sizeBytes, findings };
}
