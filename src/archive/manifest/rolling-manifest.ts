import type { CID } from 'multiformats/cid';
import type { Log } from '../../platform/index.js';
import { messageOf } from '../../platform/index.js';
import { sealBlock } from './manifest-block.js';
import type { SignedBlock } from './manifest-block.js';
import { FORMAT, VERSION } from './manifest-body.js';
import type { FileEntry, InitEntry, ManifestBody, SegmentEntry } from './manifest-body.js';
import { appendBlocks } from './manifest-file.js';

/** Signs for a channel. */
export interface ManifestSigner {
  /** `did:key` of its key. */
  readonly key: string;
  sign(bytes: Uint8Array): Uint8Array;
}

export interface RollingManifestOptions {
  /** The CAR file that it is written to. */
  file: string;
  broadcast: string;
  channel: string;
  epochMs: number;
  signer: ManifestSigner;
  /** How often what is new is signed, ms. */
  everyMs: number;
  /** What an earlier run of the server signed and wrote. */
  resumed?: { blocks: SignedBlock[]; sizeBytes: number } | undefined;
  /** Something was signed. */
  onSigned?: () => void;
  log: Log;
  now?: () => number;
}

/** The manifest of a broadcast that is on air: what comes is signed every few seconds, each block naming the one before. */
export class RollingManifest {
  readonly #options: RollingManifestOptions;
  readonly #now: () => number;
  readonly #blocks: SignedBlock[] = [];
  /** Signed, and not on the disk: a full one is asked again with the next. */
  readonly #unwritten: SignedBlock[] = [];
  #head: SignedBlock['cid'] | null;
  #inits: InitEntry[] = [];
  #segments: SegmentEntry[] = [];
  /** How much of the file is whole. */
  #sizeBytes: number;
  #isFinal = false;
  #writing: Promise<void> = Promise.resolve();
  readonly #timer: NodeJS.Timeout;

  constructor(options: RollingManifestOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#blocks.push(...options.resumed?.blocks ?? []);
    this.#head = this.#blocks.at(-1)?.cid ?? null;
    this.#sizeBytes = options.resumed?.sizeBytes ?? 0;
    this.#timer = setInterval(() => void this.sign(), options.everyMs);
  }

  /** All that is signed, in order. */
  get blocks(): readonly SignedBlock[] {
    return this.#blocks;
  }

  addInit(entry: InitEntry): void {
    this.#inits.push(entry);
  }

  addSegment(entry: SegmentEntry): void {
    this.#segments.push(entry);
  }

  /** Signs what came since the last time; resolves when it is on the disk, or the disk does not take it. */
  async sign(): Promise<void> {
    if (!this.#isFinal && this.#inits.length + this.#segments.length > 0) this.#seal();
    await this.#write();
  }

  /** Signs the rest, and that nothing comes after it. */
  async finish(last: { files: FileEntry[]; folder: CID | null }): Promise<void> {
    clearInterval(this.#timer);
    if (!this.#isFinal) this.#seal({ ...last, isFinal: true });
    await this.#write();
  }

  /** Stops without an end: the broadcast goes on after the server was started anew. */
  async suspend(): Promise<void> {
    clearInterval(this.#timer);
    await this.sign();
  }

  #seal({ files, folder, isFinal }: Pick<ManifestBody, 'files' | 'folder' | 'isFinal'> = { files: [], folder: null, isFinal: false }): void {
    const { broadcast, channel, epochMs, signer } = this.#options;
    const body: ManifestBody = {
      format: FORMAT, version: VERSION, broadcast, channel, key: signer.key, number: this.#blocks.length, previous: this.#head,
      epochMs: Math.round(epochMs), signedAtMs: Math.round(this.#now()), inits: this.#inits, segments: this.#segments, files, folder, isFinal,
    };
    const block = sealBlock(body, (bytes) => signer.sign(bytes));
    this.#head = block.cid;
    this.#inits = [];
    this.#segments = [];
    this.#isFinal = isFinal;
    this.#blocks.push(block);
    this.#unwritten.push(block);
    this.#options.onSigned?.();
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const blocks = [...this.#unwritten];
      try {
        this.#sizeBytes = await appendBlocks(this.#options.file, blocks, this.#sizeBytes);
        this.#unwritten.splice(0, blocks.length);
      } catch (error) {
        this.#options.log.warn('the manifest could not be written; it is tried again', { error: messageOf(error), blocks: blocks.length });
      }
    });
    return this.#writing;
  }
}
