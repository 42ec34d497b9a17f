import { EventEmitter } from 'node:events';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import type { CID } from 'multiformats/cid';
import type { Log } from '../../platform/index.js';
import { messageOf } from '../../platform/index.js';
import { placeOfBlock, placesOfFile } from '../blocks/places.js';
import type { BlockPlace } from '../blocks/places.js';
import { contentNameAside, ContentHash } from '../cid/content-hash.js';
import type { ContentName } from '../cid/content-hash.js';
import { recordingFolder } from '../cid/recording-folder.js';
import type { NamedFile } from '../cid/recording-folder.js';
import type { SigningKeys } from '../keys/signing-keys.js';
import { ManifestBroken } from './growing-chain.js';
import type { Manifest } from './growing-chain.js';
import { openBlock, sealedBlock } from './manifest-block.js';
import { initName, segmentName } from './manifest-body.js';
import type { ManifestBody } from './manifest-body.js';
import { checkChain } from './manifest-chain.js';
import { MANIFEST_FILE, readManifest } from './manifest-file.js';
import { RollingManifest } from './rolling-manifest.js';
import { writeNamed } from './last-files.js';
import type { LastFile } from './last-files.js';
import { writtenFiles } from './written-files.js';
import type { WrittenFile, WrittenIndex } from './written-files.js';

export interface ManifestsOptions {
  keys: SigningKeys;
  blocks: { add(broadcastId: string, places: BlockPlace[]): Promise<void> };
  mediaDir: string;
  /** How often what is new is signed, ms. */
  everyMs: number;
  log: Log;
}

/** A broadcast that is signed. */
export interface SignedBroadcast {
  id: string;
  channel: { id: string; slug: string };
  epochMs: number;
}

const BROADCAST_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface ManifestsEvents {
  /** The manifest of this broadcast has its last block, and that is on the disk. */
  finished: [broadcastId: string];
}

/** The signed manifests of all broadcasts: of those on air in memory, of the others as files beside their segments. */
export class Manifests extends EventEmitter<ManifestsEvents> {
  readonly #options: ManifestsOptions;
  readonly #open = new Map<string, LiveManifest>();

  constructor(options: ManifestsOptions) {
    super();
    this.#options = options;
  }

  /**
   * Begins to sign a broadcast, or goes on where an earlier run of the server stopped.
   * @param index what is on the disk of it: what a crash left unsigned is signed first.
   */
  open(broadcast: SignedBroadcast, index?: WrittenIndex): LiveManifest {
    const log = this.#options.log.child({ broadcast: broadcast.id, channel: broadcast.channel.slug });
    const folder = path.dirname(this.#fileOf(broadcast.id));
    const live = new LiveManifest({
      folder,
      begin: (onSigned) => this.#begin(broadcast, log, onSigned),
      addBlocks: (places) => this.#options.blocks.add(broadcast.id, places),
      log,
      onClosed: () => this.#open.delete(broadcast.id),
      onFinished: () => this.emit('finished', broadcast.id),
    });
    this.#open.set(broadcast.id, live);
    if (index !== undefined) live.addFromDisk(writtenFiles(index));
    return live;
  }

  /** Whether a broadcast's manifest has its last block. */
  async isFinal(id: string): Promise<boolean> {
    return (await this.#findLast(id))?.isFinal ?? false;
  }

  /** The CID of a finished recording as a folder; undefined when it is none. */
  async findFolder(id: string): Promise<CID | undefined> {
    return (await this.#findLast(id))?.folder ?? undefined;
  }

  /** The signed blocks of a broadcast, in order; undefined when there are none. */
  async find(id: string): Promise<Uint8Array[] | undefined> {
    const live = await this.#open.get(id)?.blocks();
    if (live !== undefined) return live.length === 0 ? undefined : live;
    if (!BROADCAST_ID.test(id)) return undefined;
    const stored = await readManifest(this.#fileOf(id));
    return stored === undefined || stored.blocks.length === 0 ? undefined : stored.blocks;
  }

  async #findLast(id: string): Promise<ManifestBody | undefined> {
    const last = (await this.find(id))?.at(-1);
    return last && openBlock(last).body;
  }

  async #begin({ id, channel, epochMs }: SignedBroadcast, log: Log, onSigned: () => void): Promise<{ rolling: RollingManifest; signed: Manifest | undefined }> {
    const { keys, everyMs } = this.#options;
    const [signer, stored] = [await keys.signer(channel.id), await readManifest(this.#fileOf(id))];
    const signed = stored === undefined || stored.blocks.length === 0 ? undefined : checkChain(stored.blocks, { key: signer.key });
    if (signed?.isFinal) throw new ManifestBroken(stored?.blocks.length ?? 0, 'would come after the last one');
    const resumed = stored && signed && { blocks: stored.blocks.map(sealedBlock), sizeBytes: stored.sizeBytes };
    // Of a broadcast that goes on, the zero of the clock is the one that was signed.
    return { rolling: new RollingManifest({ file: this.#fileOf(id), broadcast: id, channel: channel.slug, epochMs: signed?.epochMs ?? epochMs, signer, everyMs, resumed, onSigned, log }), signed };
  }

  #fileOf(id: string): string {
    return path.join(this.#options.mediaDir, id, MANIFEST_FILE);
  }
}

/** The manifest of a broadcast on air. Files are hashed in the order in which they are given, while their bytes are in memory. */
export class LiveManifest {
  readonly #log: Log;
  readonly #onClosed: () => void;
  readonly #onFinished: () => void;
  /** Undefined when the broadcast cannot be signed. */
  readonly #manifest: Promise<{ rolling: RollingManifest; signed: Manifest | undefined } | undefined>;
  readonly #folder: string;
  readonly #addBlocks: (places: BlockPlace[]) => Promise<void>;
  /** Files that are named so far. */
  readonly #files: NamedFile[] = [];
  /** Blocks that nobody can ask for yet. */
  #places: BlockPlace[] = [];
  #adding: Promise<void> = Promise.resolve();

  constructor(options: { folder: string; begin: (onSigned: () => void) => Promise<{ rolling: RollingManifest; signed: Manifest | undefined }>; addBlocks: (places: BlockPlace[]) => Promise<void>; log: Log; onClosed: () => void; onFinished: () => void }) {
    this.#log = options.log;
    this.#onClosed = options.onClosed;
    this.#onFinished = options.onFinished;
    this.#folder = options.folder;
    this.#addBlocks = options.addBlocks;
    this.#manifest = options.begin(() => void this.#flushBlocks()).catch((error: unknown) => {
      this.#log.error('this broadcast is not signed', { error: messageOf(error) });
      return undefined;
    });
  }

  /** A file that was just made. Viewers hear of it first. */
  add(file: WrittenFile, buffers: Uint8Array[]): void {
    this.#add(file, contentNameAside([...buffers]));
  }

  /** Files that an earlier run of the server wrote, as far as it did not sign them. */
  addFromDisk(files: WrittenFile[]): void {
    this.#adding = this.#adding.then(async () => {
      const { rolling, signed } = (await this.#manifest) ?? {};
      if (rolling === undefined) return;
      for (const entry of signed?.inits ?? []) this.#files.push({ ...entry, name: initName(entry) });
      for (const entry of signed?.segments ?? []) this.#files.push({ ...entry, name: segmentName(entry) });
      const known = new Set(this.#files.map(({ name }) => name));
      for (const file of files.filter((one) => !known.has(nameOf(one)))) {
        const content = await hashFile(path.join(this.#folder, nameOf(file))).catch((error: unknown) => void this.#log.warn('a file is not in the manifest', { file: nameOf(file), error: messageOf(error) }));
        if (content !== undefined) this.#name(rolling, file, content);
      }
    }).catch((error: unknown) => this.#log.error('what was on the disk is not in the manifest', { error: messageOf(error), fault: 'bug' }));
  }

  /**
   * The broadcast has ended: signs the rest, and that nothing comes after it.
   * @param last the recording's playlists and its chat, which are written beside its segments: the folder can be played from anywhere.
   */
  async finish(last: LastFile[] = []): Promise<void> {
    const isFinished = await this.#close(async (manifest) => {
      const files: NamedFile[] = [];
      for (const file of last) files.push(...await this.#write(file));
      const folder = files.length === 0 ? undefined : recordingFolder([...this.#files, ...files]);
      for (const block of folder?.blocks ?? []) this.#places.push(placeOfBlock(block));
      await manifest.finish({ files, folder: folder?.root ?? null });
      await this.#flushBlocks();
    });
    if (isFinished) this.#onFinished();
  }

  /** The server stops, and the broadcast goes on later. */
  async suspend(): Promise<void> {
    await this.#close((manifest) => manifest.suspend());
  }

  /** What is signed so far. */
  async blocks(): Promise<Uint8Array[]> {
    return (await this.#manifest)?.rolling.blocks.map(({ bytes }) => bytes) ?? [];
  }

  /** A file that cannot be written is not signed, and the rest is. */
  async #write(file: LastFile): Promise<NamedFile[]> {
    try {
      const { cid, sizeBytes, leaves } = await writeNamed(this.#folder, file);
      this.#places.push(...placesOfFile(file.name, { cid, sizeBytes, leaves }));
      return [{ name: file.name, cid, sizeBytes }];
    } catch (error) {
      this.#log.error('a file is not in the manifest', { file: file.name, error: messageOf(error) });
      return [];
    }
  }

  /** Says whether it went well. */
  async #close(work: (manifest: RollingManifest) => Promise<void>): Promise<boolean> {
    await this.#adding;
    const manifest = await this.#manifest;
    let isDone = manifest !== undefined;
    if (manifest !== undefined) await work(manifest.rolling).catch((error: unknown) => {
      isDone = false;
      this.#log.error('the manifest has no end', { error: messageOf(error) });
    });
    this.#onClosed();
    return isDone;
  }

  #add(file: WrittenFile, hashed: Promise<ContentName>): void {
    this.#adding = this.#adding.then(async () => {
      const [manifest, name] = [await this.#manifest, await hashed];
      if (manifest !== undefined) this.#name(manifest.rolling, file, name);
    }).catch((error: unknown) => this.#log.error('a file is not in the manifest', { file: nameOf(file), error: messageOf(error), fault: 'bug' }));
  }

  #name(manifest: RollingManifest, file: WrittenFile, content: ContentName): void {
    this.#files.push({ name: nameOf(file), cid: content.cid, sizeBytes: content.sizeBytes });
    this.#places.push(...placesOfFile(nameOf(file), content));
    addTo(manifest, file, content);
  }

  async #flushBlocks(): Promise<void> {
    const places = this.#places.splice(0);
    await this.#addBlocks(places).catch((error: unknown) => {
      this.#places = places.concat(this.#places);
      this.#log.warn('blocks could not be noted; they are tried again', { blocks: places.length, error: messageOf(error) });
    });
  }
}

function nameOf(file: WrittenFile): string {
  return file.kind === 'init' ? initName(file) : segmentName(file);
}

function addTo(manifest: RollingManifest, file: WrittenFile, { cid, sizeBytes }: ContentName): void {
  if (file.kind === 'init') {
    const { kind: _kind, ...entry } = file;
    manifest.addInit({ ...entry, sizeBytes, cid });
    return;
  }
  const { kind: _kind, ...entry } = file;
  manifest.addSegment({ ...entry, sizeBytes, cid });
}

/** Of a file of any length: its bytes are not in memory together. */
export async function hashFile(file: string): Promise<ContentName> {
  const hash = new ContentHash();
  for await (const piece of createReadStream(file)) hash.update(piece);
  return hash.finish();
}
