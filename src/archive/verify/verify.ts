import type { CID } from 'multiformats/cid';
import { ContentHash } from '../cid/content-hash.js';
import type { ChainOptions } from '../manifest/growing-chain.js';
import { checkChain } from '../manifest/manifest-chain.js';
import { verifyFiles } from './verify-files.js';
import type { Expected, Found, Verification } from './verify-files.js';

/** Where the files of a broadcast are read from. */
export interface FileSource {
  /** The bytes of a file; undefined when it is not there. @param name such as `720p/12.m4s` */
  read(name: string, cid: CID): Promise<AsyncIterable<Uint8Array> | Iterable<Uint8Array> | undefined>;
}

/**
 * Compares files with what was signed. Nothing is believed but the key: the manifest's own form, links and signatures first,
 * then each file by its bytes.
 * Without a key, all that is said is that one key signed all of it.
 * @throws {ManifestBroken}
 */
export async function verifyBroadcast(blocks: Uint8Array[], source: FileSource, { onProgress, ...wanted }: ChainOptions & { onProgress?: (done: number, total: number) => void } = {}): Promise<Verification> {
  return verifyFiles(checkChain(blocks, wanted), { look: (expected, maxBytes) => look(source, expected, maxBytes), onProgress });
}

async function look(source: FileSource, { file, cid }: Expected, maxBytes: number): Promise<Found | undefined> {
  const bytes = await source.read(file, cid);
  if (bytes === undefined) return undefined;
  const hash = new ContentHash();
  let read = 0;
  for await (const piece of bytes) {
    hash.update(piece);
    read += piece.length;
    if (read > maxBytes) break;
  }
  return { cid: hash.finish().cid.toString(), sizeBytes: read };
}
