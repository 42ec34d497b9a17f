import { randomUUID } from 'node:crypto';
import { messageOf } from '../../platform/index.js';
import type { Component, Db, Log } from '../../platform/index.js';
import type { IngestConfig } from '../config.js';
import { UploadClosed, UploadEmpty, UploadsTooMany, UploadTooLarge, UploadUnknown, UploadWithoutRoom } from './errors.js';
import { countUnfinished, deleteFinishedBefore, deleteUpload, findUpload, insertUpload, listReceiving, listUnfinishedIds, listUploads, moveUpload } from './queries.js';
import type { Upload, UploadKind } from './queries.js';
import type { UploadFolder } from './upload-folder.js';

/** Who asks, as far as this room cares. */
export interface UploadCaller {
  id: string;
  role: 'admin' | 'user';
}

export interface UploadsOptions {
  db: Db;
  config: IngestConfig['upload'];
  folder: UploadFolder;
  /** Free bytes of the disk with the uploads, and those that must stay free. */
  freeBytes: () => Promise<number>;
  minFreeBytes: number;
  /** One has all its bytes: it waits to be prepared. */
  onQueued: () => void;
  /** One is not wanted any more. */
  onRemoved: (id: string) => Promise<void>;
  log: Log;
  now?: () => Date;
}

export interface UploadWish {
  channelId: string;
  makerId: string;
  kind: UploadKind;
  fileName: string;
  title: string;
  description: string;
  sizeBytes: number;
}

const UPLOAD_ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
const GIB = 2 ** 30;
const HOUR_MS = 3_600_000;
const TIDY_EVERY_MS = 600_000;
const FINISHED_KEPT_MS = 7 * 24 * HOUR_MS;
const LISTED = 50;

/** The uploads of all channels while their bytes arrive: who may send them, how many there may be, and when they are given up. */
export class Uploads implements Component {
  readonly #options: UploadsOptions;
  readonly #now: () => Date;
  #timer: NodeJS.Timeout | undefined;
  /** One at a time, so that two cannot be promised the same room. */
  #creating: Promise<unknown> = Promise.resolve();
  #tidying: Promise<void> = Promise.resolve();

  constructor(options: UploadsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
  }

  /** Removes what a crash left, and what was given up. */
  async start(): Promise<void> {
    const { folder, db } = this.#options;
    await folder.create();
    await folder.removeOthers(new Set(await listUnfinishedIds(db)));
    await this.tidy();
    this.#timer = setInterval(() => void this.tidy(), TIDY_EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#tidying;
  }

  get maxBytes(): number {
    return this.#options.config.maxGiB * GIB;
  }

  /** @throws {UploadEmpty} {UploadTooLarge} {UploadsTooMany} {UploadWithoutRoom} */
  async create(wish: UploadWish): Promise<Upload> {
    const created = this.#creating.then(() => this.#create(wish));
    this.#creating = created.catch(() => undefined);
    return created;
  }

  /** One that its maker sends. @throws {UploadUnknown} {UploadClosed} */
  async getReceiving(id: string, caller: UploadCaller): Promise<Upload> {
    const upload = await this.#find(id);
    if (upload?.makerId !== caller.id) throw new UploadUnknown();
    if (upload.state !== 'receiving') throw new UploadClosed(upload.state);
    return upload;
  }

  /** One that its maker sends or has sent. @throws {UploadUnknown} */
  async getOwn(id: string, caller: UploadCaller): Promise<Upload> {
    const upload = await this.#find(id);
    if (upload?.makerId !== caller.id) throw new UploadUnknown();
    return upload;
  }

  /** For its maker, the owner of the channel and admins. @throws {UploadUnknown} */
  async getManaged(id: string, caller: UploadCaller): Promise<Upload> {
    const upload = await this.#find(id);
    const mayManage = upload !== undefined && (caller.role === 'admin' || caller.id === upload.makerId || caller.id === upload.channel.ownerId);
    if (!mayManage) throw new UploadUnknown();
    return upload;
  }

  /** The newest first. */
  async list(channelId: string): Promise<Upload[]> {
    return listUploads(this.#options.db, channelId, LISTED);
  }

  /** Bytes that have arrived of one that is being received. */
  async receivedBytes({ id, state, sizeBytes }: Upload): Promise<number> {
    return state === 'receiving' ? (await this.#options.folder.arrived(id))?.sizeBytes ?? 0 : sizeBytes;
  }

  /** What is live needs the disk more. @throws {UploadWithoutRoom} */
  async checkRoom(neededBytes: number): Promise<void> {
    const { freeBytes, minFreeBytes } = this.#options;
    if ((await freeBytes()) - neededBytes < minFreeBytes) throw new UploadWithoutRoom();
  }

  /** All its bytes are there. Again: nothing happens. */
  async queue(id: string, sizeBytes: number): Promise<void> {
    const { db, log, onQueued } = this.#options;
    if (!(await moveUpload(db, id, 'queued', { sizeBytes, at: this.#now() }))) return;
    log.info('upload received', { upload: id, sizeBytes });
    onQueued();
  }

  /** Row and bytes; a recording that was made of it stays. */
  async remove(id: string): Promise<void> {
    const { db, folder, onRemoved } = this.#options;
    await deleteUpload(db, id);
    await onRemoved(id);
    await folder.remove(id);
  }

  /** Gives up what nobody sends any more. Never rejects. */
  async tidy(): Promise<void> {
    this.#tidying = this.#tidying.then(() => this.#tidy()).catch((error: unknown) => {
      this.#options.log.error('old uploads could not be deleted', { error: messageOf(error), fault: 'operator' });
    });
    return this.#tidying;
  }

  async #find(id: string): Promise<Upload | undefined> {
    return UPLOAD_ID.test(id) ? findUpload(this.#options.db, id) : undefined;
  }

  async #create(wish: UploadWish): Promise<Upload> {
    const { db, config, log } = this.#options;
    if (wish.kind === 'file' && wish.sizeBytes === 0) throw new UploadEmpty();
    if (wish.sizeBytes > this.maxBytes) throw new UploadTooLarge(this.maxBytes);
    if ((await countUnfinished(db, wish.makerId)) >= config.maxUnfinished) throw new UploadsTooMany(config.maxUnfinished);
    await this.checkRoom(wish.sizeBytes + (await this.#promisedBytes()));
    const id = randomUUID();
    await insertUpload(db, { ...wish, id, createdAt: this.#now() });
    log.info('upload begun', { upload: id, channel: wish.channelId, kind: wish.kind, sizeBytes: wish.sizeBytes });
    const upload = await findUpload(db, id);
    if (upload === undefined) throw new UploadUnknown();
    return upload;
  }

  /** What uploads that were begun may still send. */
  async #promisedBytes(): Promise<number> {
    const left = (await listReceiving(this.#options.db)).map(async (upload) => Math.max(0, upload.sizeBytes - (await this.receivedBytes(upload))));
    return (await Promise.all(left)).reduce((sum, bytes) => sum + bytes, 0);
  }

  async #tidy(): Promise<void> {
    const { db, config, folder, log } = this.#options;
    const nowMs = this.#now().getTime();
    for (const { id, createdAt } of await listReceiving(db)) {
      const lastMs = (await folder.arrived(id))?.lastAt.getTime() ?? 0;
      if (nowMs - Math.max(createdAt.getTime(), lastMs) < config.expireHours * HOUR_MS) continue;
      await this.remove(id);
      log.info('upload given up: nothing came any more', { upload: id });
    }
    await deleteFinishedBefore(db, new Date(nowMs - FINISHED_KEPT_MS));
  }
}
