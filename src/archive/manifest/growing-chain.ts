import type { CID } from 'multiformats/cid';
import { initName, segmentName } from './manifest-body.js';
import type { FileEntry, InitEntry, ManifestBody, SegmentEntry } from './manifest-body.js';

// Nothing of Node in here: browsers check manifests with it, too. Who adds a block has hashed it and looked at its signature.

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

/** What is known of a block before its place in the chain is. */
export interface OpenedBlock {
  cid: CID;
  body: ManifestBody;
  /** Whether the key that the body names signed it. */
  isSigned: boolean;
}

/** What a manifest says of one file. */
export interface NamedContent {
  cid: CID;
  sizeBytes: number;
}

/** Who has to have signed which broadcast. */
export interface ChainOptions {
  /** `did:key`; whichever signed the first block when left out. */
  key?: string | undefined;
  /** Its id; any when left out. */
  broadcast?: string | undefined;
}

/** A chain of blocks from its first one on, each checked as it comes: numbers, links, one key, signatures, and that nothing is named twice. */
export class GrowingChain {
  readonly #options: ChainOptions;
  readonly #named = new Map<string, NamedContent>();
  #manifest: Manifest | undefined;
  #length = 0;

  constructor(options: ChainOptions = {}) {
    this.#options = options;
  }

  /** How many blocks it has. */
  get length(): number {
    return this.#length;
  }

  /** What they say together; undefined before the first. */
  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  /** What was signed as a file of this name, such as `720p/12.m4s`. */
  find(name: string): NamedContent | undefined {
    return this.#named.get(name);
  }

  /** @throws {ManifestBroken} when it does not follow; the chain is of no use then */
  add({ cid, body, isSigned }: OpenedBlock): void {
    checkPlace(this.#length, body, this.#manifest, this.#options);
    if (!isSigned) throw new ManifestBroken(this.#length, `is not signed by ${body.key}`);
    this.#name(body);
    this.#manifest = continued(this.#manifest, body, cid);
    this.#length += 1;
  }

  #name(body: ManifestBody): void {
    const named = [
      ...body.inits.map((entry) => ({ ...entry, name: initName(entry) })),
      ...body.segments.map((entry) => ({ ...entry, name: segmentName(entry) })),
      ...body.files,
    ];
    for (const { name, cid, sizeBytes } of named) {
      if (this.#named.has(name)) throw new ManifestBroken(this.#length, `names ${name} again`);
      this.#named.set(name, { cid, sizeBytes });
    }
  }
}

function checkPlace(at: number, body: ManifestBody, before: Manifest | undefined, { key, broadcast }: ChainOptions): void {
  if (body.number !== at) throw new ManifestBroken(at, `has the number ${body.number}: one is missing, or they are in another order`);
  if (key !== undefined && body.key !== key) throw new ManifestBroken(at, `is signed by ${body.key}, not by ${key}`);
  // Another show of the same channel is signed as well.
  if (broadcast !== undefined && body.broadcast !== broadcast) throw new ManifestBroken(at, `is of the broadcast ${body.broadcast}, not of ${broadcast}`);
  if (before === undefined) {
    if (body.previous !== null) throw new ManifestBroken(at, 'is not the first');
    return;
  }
  if (!before.head.equals(body.previous)) throw new ManifestBroken(at, `does not follow the one before it, which is ${before.head.toString()}`);
  if (before.isFinal) throw new ManifestBroken(at, 'comes after the last one');
  const isSame = body.broadcast === before.broadcast && body.channel === before.channel && body.key === before.key && body.epochMs === before.epochMs;
  if (!isSame) throw new ManifestBroken(at, 'is of another broadcast or another key');
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
