import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Db, Log } from '../platform/index.js';
import type { PublishingChannel } from '../streams/index.js';
import { publishingChannelOf } from './channels.js';
import { StreamKeyRejected, StreamKeyUnknown, TooManyStreamKeys } from './errors.js';
import { deleteStreamKey, findStreamKey, insertStreamKey, listStreamKeys, lockAndCountStreamKeys, touchStreamKey } from './queries.js';
import type { Channel, StreamKey, StreamKeyRow } from './queries.js';

const MAX_KEYS = 20;
const TOUCH_MS = 60_000;
/** The prefix lets people and secret scanners see what it is. */
const PREFIX = 'tm_';
const RANDOM_BYTES = 24;
const SHAPE = /^tm_[A-Za-z0-9_-]{32}$/;

export interface StreamKeysEvents {
  streamKeyRevoked: [streamKeyId: string];
}

/** The keys that may publish to channels: made, shown once, checked, revoked. */
export class StreamKeys extends EventEmitter<StreamKeysEvents> {
  readonly #db: Db;
  readonly #log: Log;
  readonly #now: () => Date;

  constructor(options: { db: Db; log: Log; now?: () => Date }) {
    super();
    this.#db = options.db;
    this.#log = options.log;
    this.#now = options.now ?? (() => new Date());
  }

  /** Makes a key; nobody can read it again later. @throws {TooManyStreamKeys} */
  async create(channel: Channel, label: string): Promise<{ id: string; key: string; label: string; createdAt: Date }> {
    const key = PREFIX + randomBytes(RANDOM_BYTES).toString('base64url');
    const created = { id: randomUUID(), label, createdAt: this.#now() };
    await this.#db.transaction().execute(async (tx) => {
      if ((await lockAndCountStreamKeys(tx, channel.id)) >= MAX_KEYS) throw new TooManyStreamKeys(MAX_KEYS);
      await insertStreamKey(tx, { ...created, channelId: channel.id, keyHash: hashOf(key) });
    });
    this.#log.info('stream key made', { channel: channel.slug, streamKey: created.id });
    return { ...created, key };
  }

  async list(channel: Channel): Promise<StreamKey[]> {
    return listStreamKeys(this.#db, channel.id);
  }

  /** Ends a key; `streamKeyRevoked` tells whoever publishes with it. @throws {StreamKeyUnknown} */
  async revoke(channel: Channel, id: string): Promise<void> {
    if (!(await deleteStreamKey(this.#db, { id, channelId: channel.id }))) throw new StreamKeyUnknown();
    this.#log.info('stream key revoked', { channel: channel.slug, streamKey: id });
    this.emit('streamKeyRevoked', id);
  }

  /**
   * The channel that a key may publish to.
   * @throws {StreamKeyRejected} the same, after the same work, for unknown, revoked and banned; malformed ones cost no query.
   */
  async resolve(key: string): Promise<{ streamKeyId: string; channel: PublishingChannel }> {
    if (!SHAPE.test(key)) throw new StreamKeyRejected();
    const keyHash = hashOf(key);
    const row = await findStreamKey(this.#db, keyHash);
    const isRight = isSame(keyHash, row?.keyHash ?? hashOf(''));
    if (!row || !isRight || row.ownerBannedAt) throw new StreamKeyRejected();
    await this.#touch(row);
    return { streamKeyId: row.id, channel: publishingChannelOf({ ...row, id: row.channelId, recording: { isOn: row.isRecorded } }) };
  }

  /** Remembers the use, at most once a minute: an encoder that reconnects in a loop must not become a loop of writes. */
  async #touch(row: StreamKeyRow): Promise<void> {
    const now = this.#now();
    if (row.lastUsedAt && now.getTime() - row.lastUsedAt.getTime() < TOUCH_MS) return;
    await touchStreamKey(this.#db, row.id, now);
  }
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function isSame(hash: string, stored: string): boolean {
  return timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(stored, 'hex'));
}
