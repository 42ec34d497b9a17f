import { constants } from 'node:fs';
import { appendFile, mkdir, open, rename, rm, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Log } from '../../platform/index.js';
import { messageOf } from '../../platform/index.js';
import type { MemoryBudget } from './memory-budget.js';

/** Where the bytes of a file are: in memory while fresh, on disk later. */
export type StoredFile =
  | { sizeBytes: number; buffers: Buffer[] }
  | { sizeBytes: number; file: string; /** Where it starts in the file; 0 when left out. */ offsetBytes?: number };

interface Entry {
  sizeBytes: number;
  buffers: Buffer[] | undefined;
  isOnDisk: boolean;
  /** Whether it stays in memory though it is on disk. */
  isKept: boolean;
  onWritten?: (() => void) | undefined;
}

/** Files of each rendition that stay in memory: the live edge, and what may be listed as parts. */
const KEPT_FILES = 4;

/** Writes that may wait for a slow disk; past it, files live and die in memory. */
const MAX_WAITING_BYTES = 64 << 20;
/** Of the journal, on a disk that takes nothing. */
const MAX_UNWRITTEN_CHARS = 4 << 20;
/** A disk on which others make room now and then fails and works by turns: one line a minute says it. */
const REPORT_EVERY_MS = 60_000;
const WRITES_TO_RECOVER = 10;

/**
 * The files of one live broadcast. A file can be read at once; it is written behind, under another name first, so that
 * nobody sees half of it. When the disk is full, files stay in memory and service goes on; what the disk refused is
 * written before anything newer, for as long as it is in memory.
 */
export class SegmentStore {
  readonly #folder: string;
  readonly #memory: MemoryBudget;
  readonly #log: Log;
  readonly #entries = new Map<string, Entry>();
  /** Names of the files that stay in memory, oldest first, by rendition. */
  readonly #kept = new Map<string, string[]>();
  readonly #onWriteFailed: () => void;
  /** What is not on the disk yet, oldest first. */
  readonly #waiting = new Map<string, Entry>();
  #writing: Promise<void> = Promise.resolve();
  /** When the disk was last reported as failing, ms; undefined while it works. */
  #diskReportedAtMs: number | undefined;
  #failedWrites = 0;
  #writesSinceFailure = 0;
  #closed = false;
  /** Lines of the journal that are not on the disk yet. */
  #unwritten = '';
  #hasLost = false;

  /** @param options.onWriteFailed the disk refused something. */
  constructor(options: { folder: string; memory: MemoryBudget; onWriteFailed?: () => void; log: Log }) {
    this.#folder = options.folder;
    this.#onWriteFailed = options.onWriteFailed ?? (() => undefined);
    this.#memory = options.memory;
    this.#log = options.log;
  }

  /**
   * @param name path inside the broadcast's folder, such as `720p/12.m4s`.
   * @param options.isPinned small, and needed for as long as anything is: it never leaves memory by itself.
   * @param options.onWritten it is on the disk.
   */
  add(name: string, buffers: Buffer[], options: { isPinned?: boolean; onWritten?: () => void } = {}): void {
    if (this.#closed) return;
    const sizeBytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    const entry: Entry = { sizeBytes, buffers, isOnDisk: false, isKept: true, onWritten: options.onWritten };
    this.#entries.set(name, entry);
    if (!options.isPinned) {
      this.#memory.add(entry, sizeBytes, {
        canDrop: () => entry.isOnDisk,
        drop: () => this.#dropFromMemory(name, entry),
      });
      this.#keep(name);
    }
    this.#writeBehind(name, entry);
  }

  find(name: string): StoredFile | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    if (entry.buffers !== undefined) return { sizeBytes: entry.sizeBytes, buffers: entry.buffers };
    return { sizeBytes: entry.sizeBytes, file: path.join(this.#folder, name) };
  }

  /** A stretch of a file, such as a part of a segment. */
  findSlice(name: string, { offsetBytes, sizeBytes }: { offsetBytes: number; sizeBytes: number }): StoredFile | undefined {
    const stored = this.find(name);
    if (stored === undefined || offsetBytes + sizeBytes > stored.sizeBytes) return undefined;
    if ('file' in stored) return { sizeBytes, file: stored.file, offsetBytes };
    return { sizeBytes, buffers: sliceBuffers(stored.buffers, offsetBytes, offsetBytes + sizeBytes) };
  }

  /** A file that an earlier run of the server wrote. */
  adopt(name: string, sizeBytes: number): void {
    this.#entries.set(name, { sizeBytes, buffers: undefined, isOnDisk: true, isKept: false });
  }

  /** Adds text to the end of a file, after everything that was given before. What a full disk does not take is tried again with the next. */
  append(name: string, text: string): void {
    if (this.#closed || this.#unwritten.length + text.length > MAX_UNWRITTEN_CHARS) return;
    this.#unwritten += text;
    this.#writing = this.#writing.then(() => this.#flush(name));
  }

  /** Forgets a file that stays on the disk. */
  forget(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#drop(name, entry);
  }

  /** Forgets a file and deletes it. */
  remove(name: string): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    this.#drop(name, entry);
    this.#writing = this.#writing.then(() => unlink(path.join(this.#folder, name)).catch(() => undefined));
  }

  /** What waits for the disk. */
  get waitingBytes(): number {
    return [...this.#waiting.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** Whether something that was given has not reached the disk; for when it has settled. */
  get hasLost(): boolean {
    return this.#hasLost || this.#waiting.size > 0 || this.#unwritten !== '';
  }

  /** Resolves when everything given so far is on disk or given up. */
  async settled(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeWaiting());
    // What gets there has its line in the journal, which is written after it.
    for (let seen; seen !== this.#writing;) await (seen = this.#writing);
  }

  /** Everything is on the disk or given up, and nothing is kept in memory. */
  async close(): Promise<void> {
    await this.settled();
    this.#forgetAll();
  }

  /** Deletes the broadcast's folder. */
  async destroy(): Promise<void> {
    this.#forgetAll();
    await this.#writing;
    await rm(this.#folder, { recursive: true, force: true });
  }

  #forgetAll(): void {
    this.#closed = true;
    for (const entry of this.#entries.values()) this.#memory.remove(entry);
    this.#entries.clear();
    this.#waiting.clear();
  }

  #drop(name: string, entry: Entry): void {
    this.#entries.delete(name);
    this.#waiting.delete(name);
    this.#memory.remove(entry);
  }

  /** The oldest of its rendition makes room. */
  #keep(name: string): void {
    const rendition = path.dirname(name);
    const names = this.#kept.get(rendition) ?? [];
    this.#kept.set(rendition, names);
    names.push(name);
    const oldest = names.length > KEPT_FILES ? this.#entries.get(names.shift() ?? '') : undefined;
    if (oldest === undefined) return;
    oldest.isKept = false;
    if (oldest.isOnDisk) this.#leaveToDisk(oldest);
  }

  #leaveToDisk(entry: Entry): void {
    this.#memory.remove(entry);
    entry.buffers = undefined;
  }

  #dropFromMemory(name: string, entry: Entry): void {
    entry.buffers = undefined;
    if (entry.isOnDisk) return;
    // Without a copy on disk, the bytes are gone: readers get a plain 404, never half a file.
    this.#entries.delete(name);
    this.#waiting.delete(name);
  }

  #writeBehind(name: string, entry: Entry): void {
    if (this.waitingBytes > MAX_WAITING_BYTES) {
      this.#hasLost = true;
      this.#reportDisk('the disk is too slow for live segments; serving them from memory');
    } else this.#waiting.set(name, entry);
    this.#writing = this.#writing.then(() => this.#writeWaiting());
  }

  /** In order: the journal's numbers rise, and a segment without its init segment is of no use. */
  async #writeWaiting(): Promise<void> {
    for (const [name, entry] of this.#waiting) {
      if (entry.buffers !== undefined && !(await this.#write(name, entry, entry.buffers))) return;
      this.#waiting.delete(name);
    }
  }

  /** Whether the disk took it. */
  async #write(name: string, entry: Entry, buffers: Buffer[]): Promise<boolean> {
    try {
      await writeWhole(path.join(this.#folder, name), buffers);
    } catch (error) {
      this.#reportDisk(`segment could not be written; serving from memory: ${messageOf(error)}`);
      this.#onWriteFailed();
      return false;
    }
    entry.isOnDisk = true;
    entry.onWritten?.();
    // It may know the bytes, and would keep them in memory for as long as the file can be rewound to.
    entry.onWritten = undefined;
    if (!entry.isKept) this.#leaveToDisk(entry);
    this.#reportRecovery();
    return true;
  }

  async #flush(name: string): Promise<void> {
    const text = this.#unwritten;
    if (text === '' || this.#closed) return;
    const file = path.join(this.#folder, name);
    try {
      await mkdir(this.#folder, { recursive: true });
      await appendFile(file, text);
      this.#unwritten = this.#unwritten.slice(text.length);
    } catch (error) {
      // A nearly full disk takes half a line: what is tried again starts on one of its own.
      if (!text.startsWith('\n')) this.#unwritten = `\n${this.#unwritten}`;
      this.#reportDisk(`the journal could not be written: ${messageOf(error)}`);
      this.#onWriteFailed();
    }
  }

  #reportDisk(message: string): void {
    const nowMs = performance.now();
    if (this.#diskReportedAtMs === undefined || nowMs - this.#diskReportedAtMs > REPORT_EVERY_MS) {
      this.#diskReportedAtMs = nowMs;
      this.#log.error(message, { folder: this.#folder });
    }
    this.#failedWrites++;
    this.#writesSinceFailure = 0;
  }

  #reportRecovery(): void {
    if (this.#failedWrites === 0) return;
    if (++this.#writesSinceFailure < WRITES_TO_RECOVER) return;
    this.#log.info('segments are written to disk again', { folder: this.#folder, failedWrites: this.#failedWrites });
    this.#failedWrites = 0;
    this.#diskReportedAtMs = undefined;
  }
}

/** The bytes from `start` up to `end` of a list of buffers; nothing is copied. */
function sliceBuffers(buffers: Buffer[], start: number, end: number): Buffer[] {
  const slices: Buffer[] = [];
  let at = 0;
  for (const buffer of buffers) {
    const slice = buffer.subarray(Math.max(0, start - at), Math.max(0, end - at));
    if (slice.length > 0) slices.push(slice);
    at += buffer.length;
  }
  return slices;
}

/** Writes beside the name and renames, so that the name always shows a whole file. */
async function writeWhole(file: string, buffers: Buffer[]): Promise<void> {
  const partial = `${file}.tmp`;
  const handle = await create(partial);
  try {
    const expected = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    const { bytesWritten } = await handle.writev(buffers);
    // A nearly full disk takes a part of the bytes and reports no error.
    if (bytesWritten !== expected) throw new Error(`disk took ${bytesWritten} of ${expected} bytes`);
    await handle.close();
    await rename(partial, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await unlink(partial).catch(() => undefined);
    throw error;
  }
}

/** Makes the folder when it is missing: at the first file, and after somebody cleared the disk. */
async function create(file: string): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC;
  try {
    return await open(file, flags, 0o644);
  } catch {
    await mkdir(path.dirname(file), { recursive: true });
    return open(file, flags, 0o644);
  }
}
