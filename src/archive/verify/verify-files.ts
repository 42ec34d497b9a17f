import type { CID } from 'multiformats/cid';
import type { Manifest } from '../manifest/growing-chain.js';
import { initName, segmentName } from '../manifest/manifest-body.js';

// Nothing of Node in here: browsers verify with it, too.

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

/** A file that was signed. */
export interface Expected {
  file: string;
  cid: CID;
  sizeBytes: number;
}

/** What a file's bytes turned out to be. */
export interface Found {
  cid: string;
  sizeBytes: number;
}

export interface VerifyFilesOptions {
  /** Reads a file, no further than `maxBytes`; undefined when it is not there. */
  look: (expected: Expected, maxBytes: number) => Promise<Found | undefined>;
  /** So many at a time; 1 when left out. */
  inParallel?: number;
  onProgress?: ((done: number, total: number) => void) | undefined;
  /** Ends it early. */
  signal?: AbortSignal | undefined;
}

/** Compares every file of a broadcast with what was signed, by its bytes. The manifest itself was checked before. */
export async function verifyFiles(manifest: Manifest, { look, inParallel = 1, onProgress, signal }: VerifyFilesOptions): Promise<Verification> {
  const expected = filesOf(manifest);
  const owners = new Map(expected.map(({ file, cid }) => [cid.toString(), file]));
  // A source that never ends is a wrong one, and one that sends another file is worth naming.
  const largest = expected.reduce((most, { sizeBytes }) => Math.max(most, sizeBytes), 0);
  const faults: (Finding | undefined)[] = [];
  let [done, sizeBytes] = [0, 0];
  const queue = expected.entries();
  const work = async (): Promise<void> => {
    for (const [at, one] of queue) {
      signal?.throwIfAborted();
      const fault = faultOf(one, await look(one, largest), owners);
      faults[at] = fault;
      if (fault === undefined) sizeBytes += one.sizeBytes;
      onProgress?.(++done, expected.length);
    }
  };
  await Promise.all(Array.from({ length: inParallel }, work));
  const findings = faults.filter((fault) => fault !== undefined);
  return { manifest, files: expected.length - findings.length, sizeBytes, findings };
}

/** All that was signed, in order. */
export function filesOf({ inits, segments, files }: Manifest): Expected[] {
  return [
    ...inits.map((entry) => ({ file: initName(entry), cid: entry.cid, sizeBytes: entry.sizeBytes })),
    ...segments.map((entry) => ({ file: segmentName(entry), cid: entry.cid, sizeBytes: entry.sizeBytes })),
    ...files.map(({ name, cid, sizeBytes }) => ({ file: name, cid, sizeBytes })),
  ];
}

function faultOf({ file, cid, sizeBytes }: Expected, found: Found | undefined, owners: Map<string, string>): Finding | undefined {
  if (found === undefined) return { file, kind: 'missing', message: `${file} is missing` };
  if (found.cid === cid.toString()) return undefined;
  const owner = owners.get(found.cid);
  if (owner !== undefined) return { file, kind: 'swapped', message: `${file} has the bytes of ${owner}` };
  const size = found.sizeBytes === sizeBytes ? `${sizeBytes} bytes, as signed, but other ones` : found.sizeBytes > sizeBytes ? `more than the ${sizeBytes} bytes that were signed` : `${found.sizeBytes} of ${sizeBytes} bytes`;
  return { file, kind: 'changed', message: `${file} is not what was signed: ${size} (signed ${cid.toString()}, found ${found.cid})` };
}
