import type { Db } from '../../platform/index.js';
import type { ChatEmote, RoomState } from '../events.js';
import { findMessage } from '../messages/queries.js';
import type { RoomChannel } from '../socket/connection.js';
import { getRoom } from './queries.js';

export interface RoomsOptions {
  db: Db;
  emotes: (channelId: string) => Promise<ChatEmote[]>;
  /** Playback sessions of what is on air. */
  viewers: (channelId: string) => number;
  now?: () => Date;
}

/** What everybody may know of a room. */
export class Rooms {
  readonly #options: RoomsOptions;
  readonly #now: () => Date;

  constructor(options: RoomsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => new Date());
  }

  async state({ id, slug }: RoomChannel): Promise<RoomState> {
    const { db, emotes, viewers } = this.#options;
    const { modes, shieldUntil, pinnedId, lastSeq } = await getRoom(db, id);
    const pinned = pinnedId === null ? undefined : await findMessage(db, id, pinnedId);
    return {
      channel: slug,
      modes,
      lastSeq,
      emotes: await emotes(id),
      viewers: viewers(id),
      ...(shieldUntil !== null && shieldUntil > this.#now() ? { shieldUntil: shieldUntil.toISOString() } : {}),
      ...(pinned?.state === 'shown' ? { pinned: pinned.message } : {}),
    };
  }
}
