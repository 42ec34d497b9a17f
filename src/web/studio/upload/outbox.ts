import type { DetailedError, HttpResponse, PreviousUpload, Upload as TusUpload } from 'tus-js-client';
import { Problem, problemOf } from '../../api/problem.js';
import type { Session } from '../../api/session.js';
import { Pace } from './pace.js';

export type SendingState = 'waiting' | 'sending' | 'interrupted' | 'paused' | 'sent' | 'failed';

/** A file that this page sends. */
export interface Sending {
  /** Of this page. */
  key: number;
  slug: string;
  fileName: string;
  sizeBytes: number;
  sentBytes: number;
  bytesPerSec: number | undefined;
  remainingSec: number | undefined;
  state: SendingState;
  /** Of the server, once it knows the file. */
  uploadId: string | undefined;
  error: unknown;
}

interface Item {
  view: Sending;
  file: File;
  pace: Pace;
  upload: TusUpload | undefined;
}

const ENDPOINT = '/api/v1/uploads';
/** The server looks at token and disk anew with each of these. */
const CHUNK_BYTES = 64 * 1024 * 1024;
/** For an hour; what comes after a longer break is gone on with by hand. */
const RETRY_DELAYS_MS = [0, 1_000, 3_000, 5_000, ...Array.from({ length: 360 }, () => 10_000)];
/** No answer, and answers that say: later. */
const PASSING = [0, 423, 429, 502, 503, 504];

/**
 * The files that this page sends, one after the other. It lives as long as the page: changing between views of the site
 * disturbs nothing. After a reload, the same file chosen again goes on where it was.
 */
export class Outbox {
  readonly #session: Session;
  readonly #listeners = new Set<() => void>();
  #items: Item[] = [];
  #list: Sending[] = [];
  #lastKey = 0;

  constructor(options: { session: Session }) {
    this.#session = options.session;
  }

  /** The same array until something changes. */
  get list(): Sending[] {
    return this.#list;
  }

  /** Whether leaving the page would stop something. */
  get isBusy(): boolean {
    return this.#list.some(({ state }) => ['waiting', 'sending', 'interrupted'].includes(state));
  }

  /** Calls back after each change; returns the way to stop. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(slug: string, files: File[]): void {
    const added = files.map((file): Item => ({
      file,
      pace: new Pace(),
      upload: undefined,
      view: { key: ++this.#lastKey, slug, fileName: file.name, sizeBytes: file.size, sentBytes: 0, bytesPerSec: undefined, remainingSec: undefined, state: 'waiting', uploadId: undefined, error: undefined },
    }));
    this.#items.push(...added);
    this.#changed();
    this.#next();
  }

  async pause(key: number): Promise<void> {
    const item = this.#find(key);
    if (item === undefined) return;
    this.#change(item, { state: 'paused', bytesPerSec: undefined, remainingSec: undefined });
    await item.upload?.abort();
    this.#next();
  }

  resume(key: number): void {
    const item = this.#find(key);
    if (item === undefined) return;
    this.#change(item, { state: 'waiting', error: undefined });
    this.#next();
  }

  /** Takes it from the list; what the server has of it is its caller's business. */
  async remove(key: number): Promise<void> {
    const item = this.#find(key);
    this.#items = this.#items.filter((other) => other !== item);
    this.#changed();
    await item?.upload?.abort();
    this.#next();
  }

  #next(): void {
    const isBusy = this.#items.some(({ view: { state } }) => state === 'sending' || state === 'interrupted');
    const item = this.#items.find(({ view }) => view.state === 'waiting');
    if (isBusy || item === undefined) return;
    this.#change(item, { state: 'sending' });
    void this.#send(item).catch((error: unknown) => this.#end(item, { state: 'failed', error }));
  }

  async #send(item: Item): Promise<void> {
    item.pace.reset();
    item.upload ??= await this.#open(item);
    if (item.view.state !== 'sending') return; // paused or removed meanwhile
    item.upload.start();
  }

  /** The library comes with the first file: viewers do not load it. */
  async #open(item: Item): Promise<TusUpload> {
    const { Upload } = await import('tus-js-client');
    const { file, view: { slug } } = item;
    const upload = new Upload(file, {
      endpoint: ENDPOINT,
      chunkSize: CHUNK_BYTES,
      retryDelays: RETRY_DELAYS_MS,
      removeFingerprintOnSuccess: true,
      metadata: { channel: slug, filename: file.name, filetype: file.type },
      onBeforeRequest: (request) => request.setHeader('Authorization', `Bearer ${this.#session.accessToken ?? ''}`),
      // An access token lives for minutes, an upload for hours.
      onAfterResponse: async (_request, response) => {
        if (response.getStatus() === 401) await this.#session.renew().catch(() => false);
      },
      onShouldRetry: (error) => this.#shouldRetry(item, error),
      onUploadUrlAvailable: () => this.#change(item, { uploadId: upload.url?.split('/').at(-1) }),
      onProgress: (sentBytes) => this.#progress(item, sentBytes),
      onSuccess: () => this.#end(item, { state: 'sent', sentBytes: file.size }),
      onError: (error) => this.#end(item, { state: 'failed', error: problemIn(error) }),
    });
    const [last] = (await upload.findPreviousUploads()).filter((known) => isOf(slug, known));
    if (last !== undefined) upload.resumeFromPreviousUpload(last);
    return upload;
  }

  #shouldRetry(item: Item, error: DetailedError): boolean {
    if (!this.#mayPass(error)) return false;
    item.pace.reset();
    this.#change(item, { state: 'interrupted', bytesPerSec: undefined, remainingSec: undefined });
    return true;
  }

  #mayPass(error: DetailedError): boolean {
    const status = error.originalResponse?.getStatus() ?? 0;
    // Bytes of the broken connection arrived later than the question how many there are. The server's own refusals have a code.
    if (status === 409) return problemIn(error).code === 'unexpected';
    if (status === 401) return this.#session.state.name === 'signed-in';
    return PASSING.includes(status);
  }

  #progress(item: Item, sentBytes: number): void {
    if (item.view.state !== 'sending' && item.view.state !== 'interrupted') return;
    item.pace.add(sentBytes, performance.now());
    this.#change(item, { state: 'sending', sentBytes, bytesPerSec: item.pace.bytesPerSec, remainingSec: item.pace.remainingSec(item.file.size) });
  }

  #end(item: Item, end: Partial<Sending>): void {
    this.#change(item, { ...end, bytesPerSec: undefined, remainingSec: undefined });
    this.#next();
  }

  #find(key: number): Item | undefined {
    return this.#items.find(({ view }) => view.key === key);
  }

  #change(item: Item, changes: Partial<Sending>): void {
    item.view = { ...item.view, ...changes };
    this.#changed();
  }

  #changed(): void {
    this.#list = this.#items.map(({ view }) => view);
    for (const listener of this.#listeners) listener();
  }
}

function isOf(slug: string, { metadata }: PreviousUpload): boolean {
  return metadata['channel'] === slug;
}

/** The server's words, where it has said some. */
function problemIn(error: Error | DetailedError): Problem {
  const response = responseOf(error);
  if (response === undefined) return new Problem({ code: 'unreachable', status: 0, message: 'no reply' });
  return problemOf(response.getStatus(), documentOf(response));
}

function responseOf(error: Error | DetailedError): HttpResponse | undefined {
  return 'originalResponse' in error ? error.originalResponse ?? undefined : undefined;
}

function documentOf(response: HttpResponse): unknown {
  try {
    return JSON.parse(response.getBody());
  } catch {
    return undefined;
  }
}
