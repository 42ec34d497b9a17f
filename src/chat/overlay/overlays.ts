import { randomUUID } from 'node:crypto';
import type { Db } from '../../platform/index.js';
import { OverlayTokenRejected } from '../errors.js';
import { hashToken, isSameHash, isToken, makeToken } from '../secret-token.js';
import { deleteOverlay, findOverlay, replaceOverlay } from './queries.js';

const PREFIX = 'tmo_';

export interface OverlaysOptions {
  db: Db;
  /** A token is no longer good: what is connected with it is cut off. */
  onRevoked: (channelId: string, overlayId: string) => void;
}

/** The address of a channel's overlay: whoever has it reads the chat, and can do nothing else. One a channel. */
export class Overlays {
  readonly #options: OverlaysOptions;

  constructor(options: OverlaysOptions) {
    this.#options = options;
  }

  /** When the address was made; undefined when there is none. */
  async madeAt(channelId: string): Promise<Date | undefined> {
    return (await findOverlay(this.#options.db, { channelId }))?.createdAt;
  }

  /** A new token in place of the one before; nobody can read it again later. */
  async rotate(channelId: string): Promise<string> {
    const { token, hash } = makeToken(PREFIX);
    await this.#revoke(channelId, () => replaceOverlay(this.#options.db, { id: randomUUID(), channelId, tokenHash: hash, at: new Date() }));
    return token;
  }

  async remove(channelId: string): Promise<void> {
    await this.#revoke(channelId, () => deleteOverlay(this.#options.db, channelId));
  }

  /** The channel that a token reads. @throws {OverlayTokenRejected} */
  async resolve(token: string): Promise<{ id: string; channelId: string }> {
    if (!isToken(PREFIX, token)) throw new OverlayTokenRejected();
    const hash = hashToken(token);
    const found = await findOverlay(this.#options.db, { tokenHash: hash });
    if (!isSameHash(hash, found?.tokenHash ?? hashToken('')) || found === undefined) throw new OverlayTokenRejected();
    return { id: found.id, channelId: found.channelId };
  }

  async #revoke(channelId: string, change: () => Promise<void>): Promise<void> {
    const before = await findOverlay(this.#options.db, { channelId });
    await change();
    if (before !== undefined) this.#options.onRevoked(channelId, before.id);
  }
}
