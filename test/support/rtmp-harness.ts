import { EventEmitter, once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadConfig } from '../../src/config.js';
import type { IngestConfig, PublishTarget, StreamKeys } from '../../src/ingest/index.js';
import { RtmpServer } from '../../src/ingest/index.js';
import type { Log } from '../../src/platform/index.js';
import { AppError, withDeadline } from '../../src/platform/index.js';
import type { CloseReason, Media, Publication } from '../../src/streams/index.js';
import { Broadcasts } from '../../src/streams/index.js';

const DEADLINE_MS = 10_000;

export interface LogLine {
  level: string;
  message: string;
  fields: Record<string, unknown>;
}

/** A log that keeps its lines. */
export class KeptLog extends EventEmitter<{ line: [line: LogLine] }> implements Log {
  readonly lines: LogLine[] = [];

  debug(): void {}

  info(message: string, fields: Record<string, unknown> = {}): void {
    this.#keep({ level: 'info', message, fields });
  }

  warn(message: string, fields: Record<string, unknown> = {}): void {
    this.#keep({ level: 'warn', message, fields });
  }

  error(message: string, fields: Record<string, unknown> = {}): void {
    this.#keep({ level: 'error', message, fields });
  }

  constructor() {
    super();
    this.setMaxListeners(0);
  }

  child(): Log {
    return this;
  }

  /** The first line, past or to come, with this message. */
  async waitFor(message: string): Promise<LogLine> {
    for (;;) {
      const found = this.lines.find((line) => line.message === message);
      if (found) return found;
      await withDeadline(once(this, 'line'), DEADLINE_MS);
    }
  }

  #keep(line: LogLine): void {
    this.lines.push(line);
    this.emit('line', line);
  }
}

/** Settles once `isSo` says yes; for what has no event of its own. */
export async function until(isSo: () => boolean): Promise<void> {
  const deadlineMs = Date.now() + DEADLINE_MS;
  while (!isSo()) {
    if (Date.now() > deadlineMs) throw new Error(`not so after ${DEADLINE_MS} ms`);
    await nextTurn();
  }
}

/** The key is unknown, as the owner of the keys says it. */
export class KeyRejected extends AppError {
  constructor() {
    super('stream_key_rejected', 'the stream key is not known', { status: 403 });
  }
}

/** Keys of the form `key-<slug>` open the channel `<slug>`; everything else is rejected. */
export const slugKeys: StreamKeys = {
  resolve: async (key) => {
    const slug = /^key-(\w+)$/.exec(key)?.[1];
    if (slug === undefined) throw new KeyRejected();
    return { streamKeyId: `id-of-${key}`, channel: { id: `channel-${slug}`, slug, title: slug, ladder: undefined } };
  },
};

/** What one publication delivered. */
export class Received extends EventEmitter<{ media: [media: Media] }> {
  readonly publication: Publication;
  readonly media: Media[] = [];
  readonly closed: Promise<CloseReason>;

  constructor(publication: Publication) {
    super();
    this.publication = publication;
    this.closed = new Promise((resolve) => publication.once('closed', resolve));
    publication.on('media', (media) => {
      this.media.push(media);
      this.emit('media', media);
    });
  }

  /** The media so far, once there are so many. */
  async atLeast(count: number): Promise<Media[]> {
    const work = (async () => {
      while (this.media.length < count) await once(this, 'media');
      return this.media;
    })();
    return withDeadline(work, DEADLINE_MS);
  }

  async ended(): Promise<CloseReason> {
    return withDeadline(this.closed, DEADLINE_MS);
  }
}

export interface Ingest {
  server: RtmpServer;
  port: number;
  log: KeptLog;
  broadcasts: Broadcasts;
  received: Received[];
  url(key: string): string;
}

/** The real server and registry on a free port, with the default settings unless told otherwise. */
export async function startIngest(
  t: { after(cleanup: () => Promise<void>): void },
  options: { config?: Partial<IngestConfig>; streamKeys?: StreamKeys } = {},
): Promise<Ingest> {
  const log = new KeptLog();
  const store = { insert: async () => undefined, end: async () => undefined, listLive: async () => [] };
  const broadcasts = new Broadcasts({ store, graceMs: 0, ownerEndHoldMs: 0, log });
  const received: Received[] = [];
  const target: PublishTarget = {
    publish: async (publish) => {
      const publication = await broadcasts.publish(publish);
      received.push(new Received(publication));
      return publication;
    },
  };
  const defaults = loadConfig({ folder: 'config', environment: {} }).ingest;
  const config = { ...defaults, port: 0, ...options.config };
  const server = new RtmpServer({ config, bindAddress: '127.0.0.1', streamKeys: options.streamKeys ?? slugKeys, broadcasts: target, log });
  t.after(async () => {
    await server.stop();
    await broadcasts.stop();
  });
  await server.start();
  const port = server.port ?? 0;
  return { server, port, log, broadcasts, received, url: (key) => `rtmp://127.0.0.1:${port}/live/${key}` };
}
