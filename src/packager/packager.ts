import { EventEmitter } from 'node:events';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Component, Log } from '../platform/index.js';
import { messageOf } from '../platform/index.js';
import type { PackagerConfig } from './config.js';
import { readJournal } from './journal/broadcast-index.js';
import type { BroadcastIndex } from './journal/broadcast-index.js';
import { JOURNAL_FILE } from './journal/journal.js';
import { LivePackage } from './live-package.js';
import { MemoryBudget } from './store/memory-budget.js';
import { SegmentStore } from './store/segment-store.js';

export interface PackagerOptions {
  config: PackagerConfig;
  mediaDir: string;
  /** Ids of broadcasts whose files stay: recordings, and what may go on. */
  listKept?: () => Promise<string[]>;
  log: Log;
}

/** The part of a broadcast that packaging needs. */
export interface PackagedBroadcast {
  id: string;
  channel: { slug: string };
  epochMs: number;
  /** Its files stay as its recording. */
  isRecorded?: boolean | undefined;
}

export interface PackagerEvents {
  /** The disk refused a file of some broadcast. */
  writeFailed: [];
}

const BROADCAST_FOLDER = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

/** The live packages by channel. A package stays for a window after its end, so that late players see the end. */
export class Packager extends EventEmitter<PackagerEvents> implements Component {
  readonly #config: PackagerConfig;
  readonly #mediaDir: string;
  readonly #log: Log;
  readonly #memory: MemoryBudget;
  readonly #bySlug = new Map<string, LivePackage>();
  readonly #byId = new Map<string, LivePackage>();
  readonly #lingering = new Map<LivePackage, NodeJS.Timeout>();
  readonly #recorded = new Set<LivePackage>();
  readonly #listKept: () => Promise<string[]>;

  constructor(options: PackagerOptions) {
    super();
    this.#config = options.config;
    this.#mediaDir = options.mediaDir;
    this.#log = options.log;
    this.#listKept = options.listKept ?? (async () => []);
    this.#memory = new MemoryBudget(options.config.memoryMiB << 20);
  }

  /** Makes the media folder and removes live files that nobody wants any more. */
  async start(): Promise<void> {
    await mkdir(this.#mediaDir, { recursive: true });
    const kept = new Set(await this.#listKept());
    const left = (await readdir(this.#mediaDir)).filter((name) => BROADCAST_FOLDER.test(name) && !kept.has(name));
    for (const name of left) await rm(path.join(this.#mediaDir, name), { recursive: true, force: true });
    if (left.length > 0) this.#log.info('removed live segments of an earlier run', { broadcasts: left.length });
  }

  async stop(): Promise<void> {
    for (const timer of this.#lingering.values()) clearTimeout(timer);
    const all = [...this.#byId.values()];
    this.#bySlug.clear();
    this.#byId.clear();
    this.#lingering.clear();
    await Promise.all(all.map((live) => (live.hasEnded && !this.#recorded.has(live) ? live.destroy() : live.suspend())));
    this.#recorded.clear();
  }

  /** What is on the disk of a broadcast; undefined when nothing is. */
  async readIndex(broadcastId: string): Promise<BroadcastIndex | undefined> {
    return BROADCAST_FOLDER.test(broadcastId) ? readJournal(path.join(this.#mediaDir, broadcastId, JOURNAL_FILE)) : undefined;
  }

  /**
   * Starts the package of a broadcast; it answers for the channel from now on.
   * @param resumed what an earlier run of the server wrote of it.
   */
  open(broadcast: PackagedBroadcast, resumed?: BroadcastIndex): LivePackage {
    const log = this.#log.child({ broadcast: broadcast.id, channel: broadcast.channel.slug });
    const store = new SegmentStore({ folder: path.join(this.#mediaDir, broadcast.id), memory: this.#memory, onWriteFailed: () => this.emit('writeFailed'), log });
    const live = new LivePackage({ broadcastId: broadcast.id, slug: broadcast.channel.slug, epochMs: broadcast.epochMs, config: this.#config, isRecorded: broadcast.isRecorded ?? false, resumed, store, log });
    if (broadcast.isRecorded) this.#recorded.add(live);
    this.#bySlug.set(live.slug, live);
    this.#byId.set(live.broadcastId, live);
    return live;
  }

  /** The package of something that is not live: nobody finds it, all of it stays on the disk, and its owner closes it with `suspend`. */
  openUnlisted(broadcast: PackagedBroadcast): LivePackage {
    const log = this.#log.child({ broadcast: broadcast.id, channel: broadcast.channel.slug });
    // Memory of its own: what is live is not pushed out, and what waits for the disk is not dropped.
    const store = new SegmentStore({ folder: path.join(this.#mediaDir, broadcast.id), memory: new MemoryBudget(Infinity), onWriteFailed: () => this.emit('writeFailed'), log });
    return new LivePackage({ broadcastId: broadcast.id, slug: broadcast.channel.slug, epochMs: broadcast.epochMs, config: this.#config, isRecorded: true, store, log });
  }

  /** Ends a package; its files go a window later. */
  close(live: LivePackage): void {
    try {
      live.finish();
    } finally {
      this.#removeLater(live);
    }
  }

  findBySlug(slug: string): LivePackage | undefined {
    return this.#bySlug.get(slug);
  }

  findById(broadcastId: string): LivePackage | undefined {
    return this.#byId.get(broadcastId);
  }

  get memoryBytes(): number {
    return this.#memory.usedBytes;
  }

  #removeLater(live: LivePackage): void {
    if (!this.#byId.has(live.broadcastId) || this.#lingering.has(live)) return;
    const timer = setTimeout(() => void this.#remove(live), this.#config.windowSec * 1000);
    this.#lingering.set(live, timer);
  }

  async #remove(live: LivePackage): Promise<void> {
    this.#lingering.delete(live);
    this.#byId.delete(live.broadcastId);
    if (this.#bySlug.get(live.slug) === live) this.#bySlug.delete(live.slug);
    try {
      if (this.#recorded.delete(live)) await live.suspend();
      else await live.destroy();
    } catch (error) {
      this.#log.error(`live segments could not be deleted: ${messageOf(error)}`, { broadcast: live.broadcastId, fault: 'operator' });
    }
  }
}
