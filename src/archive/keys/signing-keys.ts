import { createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import path from 'node:path';
import { readOrMakeSecret } from '../../platform/index.js';
import type { Component, Db, Log } from '../../platform/index.js';
import { ARCHIVE_KEY_BYTES } from './archive-cipher.js';
import { ArchiveKeyUnusable, SigningKeyUnusable } from '../errors.js';
import { didOf } from '../manifest/did-key.js';
import type { ManifestSigner } from '../manifest/rolling-manifest.js';
import { findKey, insertKey } from './queries.js';
import { openBytes, openKey, sealBytes, sealKey } from './sealed-key.js';

export interface SigningKeysOptions {
  db: Db;
  /** Empty: made on first boot, kept in `dataDir`. */
  keySecret: string;
  dataDir: string;
  log: Log;
}

/** The Ed25519 key of each channel: made when it is first needed, its private part encrypted in the database. */
export class SigningKeys implements Component {
  readonly #options: SigningKeysOptions;
  readonly #db: Db;
  #secret = '';

  constructor(options: SigningKeysOptions) {
    this.#options = options;
    this.#db = options.db;
  }

  async start(): Promise<void> {
    const { keySecret, dataDir } = this.#options;
    this.#secret = keySecret || (await readOrMakeSecret(path.join(dataDir, 'archive-secret')));
  }

  async stop(): Promise<void> {}

  /** The name of a channel's key; undefined when it has signed nothing yet. */
  async findDid(channelId: string): Promise<string | undefined> {
    return (await findKey(this.#db, channelId))?.did;
  }

  /** Signs for a channel. @throws {SigningKeyUnusable} */
  async signer(channelId: string): Promise<ManifestSigner> {
    const key = await this.#privateKey(channelId);
    return { key: didOf(createPublicKey(key)), sign: (bytes) => sign(null, bytes, key) };
  }

  /** The private key as PEM (PKCS #8), for its owner to keep. @throws {SigningKeyUnusable} */
  async export(channelId: string): Promise<string> {
    return (await this.#privateKey(channelId)).export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  /** A new key that a broadcast's archive is encrypted with, itself encrypted: who throws it away has erased the archive. */
  sealArchiveKey(broadcastId: string): string {
    return sealBytes(randomBytes(ARCHIVE_KEY_BYTES), this.#secret, archiveOwner(broadcastId));
  }

  /** @throws {ArchiveKeyUnusable} */
  openArchiveKey(sealedKey: string, broadcastId: string): Buffer {
    try {
      return openBytes(sealedKey, this.#secret, archiveOwner(broadcastId));
    } catch (cause) {
      throw new ArchiveKeyUnusable(broadcastId, { cause });
    }
  }

  async #privateKey(channelId: string): Promise<KeyObject> {
    const stored = (await findKey(this.#db, channelId)) ?? (await this.#make(channelId));
    try {
      return openKey(stored.sealedKey, this.#secret, channelId);
    } catch (cause) {
      throw new SigningKeyUnusable(channelId, { cause });
    }
  }

  async #make(channelId: string): Promise<{ sealedKey: string }> {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const made = { did: didOf(publicKey), sealedKey: sealKey(privateKey, this.#secret, channelId) };
    await insertKey(this.#db, channelId, made, new Date());
    const stored = await findKey(this.#db, channelId);
    if (stored === undefined) throw new Error(`channel ${channelId} is gone`);
    if (stored.did === made.did) this.#options.log.info('signing key made', { channel: channelId, key: made.did });
    return stored;
  }
}

/** A channel's key and a broadcast's never open in each other's place. */
function archiveOwner(broadcastId: string): string {
  return `archive ${broadcastId}`;
}
