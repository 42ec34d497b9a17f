import type { CID } from 'multiformats/cid';
import { ContentHash } from '../cid/content-hash.js';
import { initName, segmentName } from '../manifest/manifest-block.js';
import { checkChain } from '../manifest/manifest-chain.js';
import type { Manifest } from '../manifest/manifest-chain.js';

/** Where the files of a broadcast are read from. */
export interface FileSource {
  /** The bytes of a file; undefined when it is not there. @param name such as `720p/12.m4s` */
  read(name: string, cid: CID): Promise<AsyncIterable<Uint8Array> | Iterable<Uint8Array> | undefined>;
}

/** One thing that is not as it was signed. */
export interface Finding {
  /** Such as `720p/12.m4s`. */
  file: string;
  kind: 'missing' | 'changed' | 'swapped';
  /** For people. */
  message: string;
}

export interface Verification {
  manifest: Manifest;
  /** Files whose bytes were read and are what was signed. */
  files: number;
  sizeBytes: number;
  findings: Finding[];
}

interface Expected {
  file: string;
  cid: CID;
  sizeBytes: number;
}

/**
 * Compares files with what was signed. Nothing is believed but the key: the manifest's own form, links and signatures first,
 * then each file by its bytes.
 * @param options.key `did:key` that has to have signed; without it, all that is said is that one key signed all of it.
 * @throws {ManifestBroken}
 */
export async function verifyBroadcast(blocks: Uint8Array[], source: FileSource, options: { key?: string | undefined; onProgress?: (done: number, total: number) => void } = {}): Promise<Verification> {
  const manifest = checkChain(blocks, { key: options.key });
  const expected = filesOf(manifest);
  const owners = new Map(expected.map(({ file, cid }) => [cid.toString(), file]));
  const largest = expected.reduce((most, { sizeBytes }) => Math.max(most, sizeBytes), 0);
  const findings: Finding[] = [];
  let sizeBytes = 0;
  for (const [at, one] of expected.entries()) {
    const found = await look(source, one, largest);
    if (found === undefined) findings.push({ file: one.file, kind: 'missing', message: `${one.file} is missing` });
    else if (found.cid === one.cid.toString()) sizeBytes += one.sizeBytes;
    else findings.push(difference(one, found, owners.get(found.cid)));
    options.onProgress?.(at + 1, expected.length);
  }
  return { manifest, files: expected.length - findings.length, sizeBytes, findings };
}

function filesOf({ inits, segments, files }: Manifest): Expected[] {
  return [
    ...inits.map((entry) => ({ file: initName(entry), cid: entry.cid, sizeBytes: entry.sizeBytes })),
    ...segments.map((entry) => ({ file: segmentName(entry), cid: entry.cid, sizeBytes: entry.sizeBytes })),
    ...files.map(({ name, cid, sizeBytes }) => ({ file: name, cid, sizeBytes })),
  ];
}

/** Reads no further than the longest file is long: a source that never ends is a wrong one. */
async function look(source: FileSource, { file, cid }: Expected, largest: number): Promise<{ cid: string; sizeBytes: number } | undefined> {
  const bytes = await source.read(file, cid);
  if (bytes === undefined) return undefined;
  const hash = new ContentHash();
  let read = 0;
  for await (const piece of bytes) {
    hash.update(piece);
    read += piece.length;
    if (read > largest) break;
  }
  return { cid: hash.finish().cid.toString(), sizeBytes: read };
}

function difference({ file, cid, sizeBytes }: Expected, found: { cid: string; sizeBytes: number }, owner: string | undefined): Finding {
  if (owner !== undefined) return { file, kind: 'swapped', message: `${file} has the bytes of ${owner}` };
  const size = found.sizeBytes === sizeBytes ? `${sizeBytes} bytes, as signed, but other ones` : found.sizeBytes > sizeBytes ? `more than the ${sizeBytes} bytes that were signed` : `${found.sizeBytes} of ${sizeBytes} bytes`;
  return { file, kind: 'changed', message: `${file} is not what was signed: ${size} (signed ${cid.toString()}, found ${found.cid})` };
}
