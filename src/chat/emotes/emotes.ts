import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { Limiter } from '../../platform/index.js';
import type { Component, Db, DbTransaction, LimiterOptions } from '../../platform/index.js';
import { EmoteRefused, EmotesBusy, EmoteUnknown, TooMany } from '../errors.js';
import type { ChatEmote } from '../events.js';
import { makeEmotePicture } from './picture.js';
import type { EmotePicture } from './picture.js';
import { countEmotes, deleteEmote, findEmote, findPicture, hasPicture, listEmotes, replaceEmote } from './queries.js';
import type { EmoteRow } from './queries.js';

/** Writes down, in one transaction, what somebody does to the emotes. */
export interface EmoteAudit {
  act<T>(channel: EmoteChannel, actorId: string, act: { act: string; detail: Record<string, unknown> }, work: (tx: DbTransaction) => Promise<T>): Promise<T>;
}

export interface EmoteChannel {
  id: string;
  slug: string;
  ownerId: string;
}

export interface EmotesOptions {
  db: Db;
  /** Of its own: copies of what is in the database, for this server to send. */
  folder: string;
  /** Counts under this name for all servers. */
  shared: (name: string) => LimiterOptions['shared'];
}

const CODE = /^[a-z0-9_]{2,32}$/i;
const PICTURE_ID = /^[0-9a-f]{32}$/;
const MAX_OF_CHANNEL = 100;
/** On all channels: who moderates many fills none of the others' disks. */
const MAX_OF_ACCOUNT = 300;
const UPLOADS_PER_HOUR = 60;
/** Each is held in memory until its turn. */
const MAX_WAITING = 4;

/** Pictures with a code, of channels. */
export class Emotes implements Component {
  readonly #options: EmotesOptions;
  readonly #db: Db;
  readonly #uploads: Limiter;
  #waiting = 0;
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: EmotesOptions) {
    this.#options = options;
    this.#db = options.db;
    this.#uploads = new Limiter({ attempts: UPLOADS_PER_HOUR, windowSec: 3_600, shared: options.shared('chat-emotes') });
  }

  /** What an earlier run copied may be of emotes that are gone. */
  async start(): Promise<void> {
    sharp.cache(false);
    sharp.concurrency(1);
    await rm(this.#options.folder, { recursive: true, force: true });
    await mkdir(this.#options.folder, { recursive: true });
  }

  async stop(): Promise<void> {
    await this.#work;
  }

  async list(channelId: string): Promise<ChatEmote[]> {
    return (await listEmotes(this.#db, channelId)).map(emoteOf);
  }

  async codes(channelId: string): Promise<ReadonlySet<string>> {
    return new Set((await listEmotes(this.#db, channelId)).map(({ code }) => code));
  }

  /** Checks what can be known before the picture is sent. @throws {EmoteRefused} {TooMany} {RateLimited} */
  async admit(channelId: string, actorId: string, code: string): Promise<void> {
    if (!CODE.test(code)) throw new EmoteRefused('code', 'a code has 2 to 32 letters, digits or _', { status: 400 });
    await this.#uploads.take(actorId);
    await this.#checkRoom(this.#db, channelId, actorId, code);
  }

  /** Gives a code its picture, in place of the one before. @throws {EmoteRefused} {EmotesBusy} {TooMany} */
  async put(channel: EmoteChannel, actorId: string, wish: { code: string; upload: Buffer }, audit: EmoteAudit): Promise<ChatEmote> {
    const picture = await this.#inTurn(() => makeEmotePicture(wish.upload));
    const row = { id: randomUUID(), code: wish.code, pictureId: idOf(picture.bytes), isAnimated: picture.isAnimated };
    await audit.act(channel, actorId, { act: 'add-emote', detail: { code: row.code } }, (tx) => this.#replace(tx, channel.id, actorId, row, picture));
    return emoteOf(row);
  }

  /** @throws {EmoteUnknown} */
  async remove(channel: EmoteChannel, actorId: string, code: string, audit: EmoteAudit): Promise<void> {
    const found = await findEmote(this.#db, channel.id, code);
    if (found === undefined) throw new EmoteUnknown();
    await audit.act(channel, actorId, { act: 'remove-emote', detail: { code: found.code } }, (tx) => deleteEmote(tx, channel.id, code));
  }

  /** The file of a picture that an emote has. @throws {EmoteUnknown} */
  async fileOf(pictureId: string): Promise<string> {
    if (!PICTURE_ID.test(pictureId) || !(await hasPicture(this.#db, pictureId))) throw new EmoteUnknown();
    const file = path.join(this.#options.folder, `${pictureId}.webp`);
    const isThere = await access(file).then(() => true, () => false);
    if (!isThere) await this.#copy(pictureId, file);
    return file;
  }

  async #replace(tx: DbTransaction, channelId: string, actorId: string, row: EmoteRow, { bytes }: EmotePicture): Promise<void> {
    await this.#checkRoom(tx, channelId, actorId, row.code);
    await replaceEmote(tx, { ...row, channelId, uploadedBy: actorId, picture: bytes, at: new Date() });
  }

  async #checkRoom(db: Db, channelId: string, actorId: string, code: string): Promise<void> {
    if ((await findEmote(db, channelId, code)) !== undefined) return;
    if ((await countEmotes(db, { channelId })) >= MAX_OF_CHANNEL) throw new TooMany('emotes of a channel', MAX_OF_CHANNEL);
    if ((await countEmotes(db, { uploadedBy: actorId })) >= MAX_OF_ACCOUNT) throw new TooMany('emotes of one account', MAX_OF_ACCOUNT);
  }

  /** Whoever reads the file meanwhile reads a whole one. */
  async #copy(pictureId: string, file: string): Promise<void> {
    const picture = await findPicture(this.#db, pictureId);
    if (picture === undefined) throw new EmoteUnknown();
    const unfinished = `${file}.${randomUUID()}`;
    // Each time: somebody may have cleared the disk.
    await mkdir(this.#options.folder, { recursive: true });
    await writeFile(unfinished, picture);
    await rename(unfinished, file);
  }

  /** One after the other: what a decoder takes is taken once. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= MAX_WAITING) throw new EmotesBusy();
    this.#waiting++;
    const done = this.#work.then(work).finally(() => this.#waiting--);
    this.#work = done.catch(() => undefined);
    return done;
  }
}

function emoteOf({ id, code, pictureId, isAnimated }: EmoteRow): ChatEmote {
  return { id, code, url: `/emotes/${pictureId}.webp`, isAnimated };
}

function idOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}
