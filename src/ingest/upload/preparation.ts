import { setTimeout as delay } from 'node:timers/promises';
import { AppError, messageOf } from '../../platform/index.js';
import type { Component, Db, Log } from '../../platform/index.js';
import { UploadWithoutRoom } from './errors.js';
import { beginAttempt, findWaiting, forgiveAttempt, moveUpload, storeProgress } from './queries.js';
import type { Upload } from './queries.js';
import type { UploadFolder } from './upload-folder.js';

/** A file that was looked at. `Sink` is what takes its renditions; this room only hands it on. */
export interface OpenedFile<Sink> {
  durationSec: number;
  /** What its renditions take at most on the disk, bytes. */
  sizeBytes: number;
  run(sink: Sink, options: { onProgress: (share: number) => void; signal: AbortSignal }): Promise<void>;
}

/** Looks at files and makes renditions of them; what it throws with a status below 500 is the file's fault, in words for its owner; anything else may go well later. */
export interface FileTranscoder<Sink> {
  openFile(file: string, options: { ladder: 'auto' | 'off' | string[] | undefined; signal: AbortSignal }): Promise<OpenedFile<Sink>>;
}

/** The folder of a recording while it is written. */
export interface RecordingDraft<Sink> {
  sink: Sink;
  /** No more comes; says whether everything is on the disk. */
  finish(): Promise<boolean>;
  /** Nothing of it stays. */
  discard(): Promise<void>;
}

/** What a recording is made with. */
export interface RecordingMaker<Sink> {
  /** Whether an earlier run of the server came so far. */
  has(id: string): Promise<boolean>;
  open(recording: { id: string; slug: string; startedAt: Date }): Promise<RecordingDraft<Sink>>;
  /** Lists what was written. */
  list(recording: { id: string; channelId: string; title: string; description: string; startedAt: Date; durationSec: number }): Promise<void>;
}

export interface PreparationOptions<Sink> {
  db: Db;
  folder: UploadFolder;
  transcoder: FileTranscoder<Sink>;
  recordings: RecordingMaker<Sink>;
  /** @throws {UploadWithoutRoom} */
  checkRoom: (neededBytes: number) => Promise<void>;
  log: Log;
  /** Before what failed by the server's fault is tried again, doubled each time, ms. */
  pauseMs?: number;
}

/** A file that takes the server with it must not do so for ever. */
const MAX_ATTEMPTS = 3;
const PROGRESS_EVERY_MS = 2_000;
const PAUSE_MS = 60_000;
const MAX_PAUSE_MS = 600_000;

/** Makes recordings of uploads that have all their bytes, one at a time; after a restart of the server from the start. */
export class Preparation<Sink> implements Component {
  readonly #options: PreparationOptions<Sink>;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  /** The one that is being prepared. */
  #current: { id: string; cancel: AbortController; done: Promise<void> } | undefined;
  /** Those that wait for the server to be well again; others go first. */
  readonly #resting = new Set<string>();
  /** How long each of them rested the last time, ms. */
  readonly #rests = new Map<string, number>();
  #isWanted = false;
  #isStarted = false;

  constructor(options: PreparationOptions<Sink>) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#isStarted = true;
    this.wake();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** There may be something to do. */
  wake(): void {
    this.#isWanted = true;
    if (this.#isStarted) this.#running ??= this.#work().finally(() => {
      this.#running = undefined;
      if (this.#isWanted && !this.#stopping.signal.aborted) this.wake(); // since it looked
    });
  }

  /** Ends what is made of this upload; resolves when nothing of it is left. */
  async cancel(id: string): Promise<void> {
    this.#rests.delete(id);
    if (this.#current?.id !== id) return;
    this.#current.cancel.abort();
    await this.#current.done;
  }

  async #work(): Promise<void> {
    while (this.#isWanted && !this.#stopping.signal.aborted) {
      this.#isWanted = false;
      const upload = await this.#next();
      if (upload === undefined) continue;
      this.#isWanted = true;
      const cancel = new AbortController();
      const done = this.#attempt(upload, AbortSignal.any([cancel.signal, this.#stopping.signal]));
      this.#current = { id: upload.id, cancel, done };
      await done;
      this.#current = undefined;
    }
  }

  async #next(): Promise<Upload | undefined> {
    try {
      return await findWaiting(this.#options.db, [...this.#resting]);
    } catch (error) {
      this.#report(error);
      this.#wakeIn(this.#options.pauseMs ?? PAUSE_MS);
      return undefined;
    }
  }

  /** Never rejects. */
  async #attempt(upload: Upload, signal: AbortSignal): Promise<void> {
    const { db, folder, log } = this.#options;
    try {
      const attempts = await beginAttempt(db, upload.id);
      if (attempts === 0) return; // it was deleted a moment ago
      if (attempts > MAX_ATTEMPTS) throw new AppError('upload_gives_trouble', `preparing this file was tried ${MAX_ATTEMPTS} times and did not come to an end`, { status: 422 });
      await this.#prepare(upload, signal);
      await moveUpload(db, upload.id, 'ready', { at: new Date() });
      this.#rests.delete(upload.id);
      await folder.remove(upload.id);
      log.info('upload prepared', { upload: upload.id });
    } catch (error) {
      await this.#end(upload, error, signal).catch((failure: unknown) => {
        this.#report(failure);
        this.#rest(upload.id);
      });
    }
  }

  /** What becomes of one that is not ready. */
  async #end(upload: Upload, error: unknown, signal: AbortSignal): Promise<void> {
    if (signal.aborted) await forgiveAttempt(this.#options.db, upload.id); // deleted; or the server stops, and goes on with it at its next start
    else if (error instanceof AppError && error.status < 500) await this.#fail(upload, error);
    else await this.#putOff(upload, error);
  }

  async #prepare(upload: Upload, signal: AbortSignal): Promise<void> {
    const { db, folder, transcoder, recordings, checkRoom } = this.#options;
    const { id, channelId, title, description, createdAt: startedAt, channel: { slug, ladder } } = upload;
    if (await recordings.has(id)) return;
    if (upload.kind === 'chunks') await folder.join(id, signal);
    const opened = await transcoder.openFile(folder.fileOf(id), { ladder: ladder ?? undefined, signal });
    await checkRoom(opened.sizeBytes);
    await moveUpload(db, id, 'encoding'); // it keeps its turn: a restart goes on with it first
    const draft = await recordings.open({ id, slug, startedAt });
    try {
      await opened.run(draft.sink, { onProgress: this.#progressOf(id), signal });
      if (!(await draft.finish())) throw new UploadWithoutRoom();
      signal.throwIfAborted();
    } catch (error) {
      await draft.discard();
      throw error;
    }
    await recordings.list({ id, channelId, title, description, startedAt, durationSec: opened.durationSec });
  }

  #progressOf(id: string): (share: number) => void {
    let storedMs = -Infinity;
    return (share) => {
      if (performance.now() - storedMs < PROGRESS_EVERY_MS) return;
      storedMs = performance.now();
      void storeProgress(this.#options.db, id, share).catch((error: unknown) => this.#report(error));
    };
  }

  /** The file is of no use any more: whoever sent it has it. */
  async #fail({ id, fileName, sizeBytes }: Upload, { code, message, cause }: AppError): Promise<void> {
    const { db, folder, log } = this.#options;
    log.warn('an upload could not be prepared', { upload: id, fileName, sizeBytes, error: message, cause: causeOf(cause), fault: 'remote' });
    await moveUpload(db, id, 'failed', { problem: { code, message }, at: new Date() });
    this.#rests.delete(id);
    await folder.remove(id);
  }

  /** The server could not do it, such as with a full disk: it keeps the bytes, and tries again. */
  async #putOff({ id, fileName, sizeBytes }: Upload, error: unknown): Promise<void> {
    const { db, log } = this.#options;
    const pauseMs = this.#rest(id);
    const cause = error instanceof Error ? causeOf(error.cause) : undefined;
    log.error('an upload could not be prepared yet: it is tried again', { upload: id, fileName, sizeBytes, pauseMs, error: messageOf(error), cause, fault: 'operator' });
    await forgiveAttempt(db, id);
  }

  /** It has no turn for a while, each time for longer; gives the time, ms. */
  #rest(id: string): number {
    const lastMs = this.#rests.get(id);
    if (lastMs !== undefined && this.#resting.has(id)) return lastMs;
    const pauseMs = lastMs === undefined ? this.#options.pauseMs ?? PAUSE_MS : Math.min(2 * lastMs, MAX_PAUSE_MS);
    this.#rests.set(id, pauseMs);
    this.#resting.add(id);
    this.#wakeIn(pauseMs, () => this.#resting.delete(id));
    return pauseMs;
  }

  #wakeIn(pauseMs: number, before = (): unknown => undefined): void {
    delay(pauseMs, undefined, { signal: this.#stopping.signal }).then(() => {
      before();
      this.wake();
    }, () => undefined); // the server stops
  }

  #report(error: unknown): undefined {
    this.#options.log.error('uploads could not be stored', { error: messageOf(error), fault: 'operator' });
  }
}

function causeOf(cause: unknown): string | undefined {
  return cause === undefined ? undefined : messageOf(cause);
}
