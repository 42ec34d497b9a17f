import type { CID } from 'multiformats/cid';
import { isSignedBy } from './did-key.js';
import { openBlock, signedBytes } from './manifest-block.js';
import type { FileEntry, InitEntry, ManifestBody, SegmentEntry } from './manifest-block.js';

/** All that a broadcast's manifest says, when each of its blocks is what it should be. */
export interface Manifest {
  broadcast: string;
  channel: string;
  /** `did:key` of who signed all of it. */
  key: string;
  epochMs: number;
  /** Of the last block. */
  head: CID;
  signedAtMs: number;
  isFinal: boolean;
  inits: InitEntry[];
  segments: SegmentEntry[];
  files: FileEntry[];
  /** The recording as one UnixFS folder, when it has ended. */
  folder: CID | null;
}

/** The chain of blocks is broken; `block` says where, counted from 0. */
export class ManifestBroken extends Error {
  readonly block: number;

  constructor(block: number, why: string, options: { cause?: unknown } = {}) {
    super(`block ${block} of the manifest ${why}`, options);
    this.name = 'ManifestBroken';
    this.block = block;
  }
}

/**
 * Checks a chain from its first block on: form, numbers, links, one key, its signatures, and that no segment is named twice.
 * @param options.key the key that it has to be signed by; whichever signed the first block when left out.
 * @throws {ManifestBroken}
 */
export function checkChain(blocks: Uint8Array[], options: { key?: string | undefined } = {}): Manifest {
  let manifest: Manifest | undefined;
  const known = new Set<string>();
  for (const [at, bytes] of blocks.entries()) {
    const { cid, body, bodyBytes, signature } = open(at, bytes);
    checkPlace(at, body, manifest, options.key);
    if (!isSignedBy(body.key, signedBytes(bodyBytes), signature)) throw new ManifestBroken(at, `is not signed by ${body.key}`);
    checkNames(at, body, known);
    manifest = continued(manifest, body, cid);
  }
  if (manifest === undefined) throw new ManifestBroken(0, 'is missing');
  return manifest;
}

function open(at: number, bytes: Uint8Array): ReturnType<typeof openBlock> {
  try {
    return openBlock(bytes);
  } catch (cause) {
    throw new ManifestBroken(at, 'cannot be read', { cause });
  }
}

function checkPlace(at: number, body: ManifestBody, before: Manifest | undefined, key: string | undefined): void {
  if (body.number !== at) throw new ManifestBroken(at, `has the number ${body.number}: one is missing, or they are in another order`);
  if (key !== undefined && body.key !== key) throw new ManifestBroken(at, `is signed by ${body.key}, not by ${key}`);
  if (before === undefined) {
    if (body.previous !== null) throw new ManifestBroken(at, 'is not the first');
    return;
  }
  if (!before.head.equals(body.previous)) throw new ManifestBroken(at, `does not follow the one before it, which is ${before.head.toString()}`);
  if (before.isFinal) throw new ManifestBroken(at, 'comes after the last one');
  const isSame = body.broadcast === before.broadcast && body.channel === before.channel && body.key === before.key && body.epochMs === before.epochMs;
  if (!isSame) throw new ManifestBroken(at, 'is of another broadcast or another key');
}

function checkNames(at: number, body: ManifestBody, known: Set<string>): void {
  const names = [
    ...body.inits.map(({ rendition, take }) => `${rendition} init ${take}`),
    ...body.segments.map(({ rendition, number }) => `${rendition} segment ${number}`),
    ...body.files.map(({ name }) => `file ${name}`),
  ];
  for (const name of names) {
    if (known.has(name)) throw new ManifestBroken(at, `names ${name} again`);
    known.add(name);
  }
}

function continued(before: Manifest | undefined, body: ManifestBody, head: CID): Manifest {
  const { broadcast, channel, key, epochMs, signedAtMs, isFinal, folder } = body;
  // One array for all blocks: an hour of five renditions has nine thousand segments.
  const lists: Pick<Manifest, 'inits' | 'segments' | 'files'> = before ?? { inits: [], segments: [], files: [] };
  for (const entry of body.inits) lists.inits.push(entry);
  for (const entry of body.segments) lists.segments.push(entry);
  for (const entry of body.files) lists.files.push(entry);
  return { broadcast, channel, key, epochMs, head, signedAtMs, isFinal, folder, inits: lists.inits, segments: lists.segments, files: lists.files };
}
