import type { Db } from '../../platform/index.js';
import { TooManyNotes } from '../errors.js';
import type { UserCard } from '../events.js';
import { listOfAuthor } from '../messages/queries.js';
import type { Audit } from '../moderation/audit.js';
import type { Moderator } from '../moderation/moderation.js';
import { listSanctions } from '../moderation/queries.js';
import type { People } from '../people/people.js';
import type { RoomChannel } from '../socket/connection.js';
import { countNotes, insertNote, listNotes } from './queries.js';

const MAX_NOTES = 50;
const MESSAGES = 50;
const SANCTIONS = 50;

/** What moderators know of somebody, and write down for each other. */
export class UserCards {
  readonly #db: Db;
  readonly #people: People;
  readonly #audit: Audit;

  constructor(options: { db: Db; people: People; audit: Audit }) {
    this.#db = options.db;
    this.#people = options.people;
    this.#audit = options.audit;
  }

  /** @throws {ChatUserUnknown} */
  async card({ id: channelId }: RoomChannel, name: string): Promise<UserCard> {
    const { userId, username, createdAt, role, followsSince } = await this.#people.named(channelId, name);
    const sanctions = await listSanctions(this.#db, { channelId, userId, limit: SANCTIONS });
    return {
      user: { id: userId, username, createdAt: createdAt.toISOString() },
      role,
      ...(followsSince === null ? {} : { followsSince: followsSince.toISOString() }),
      messages: await listOfAuthor(this.#db, channelId, userId, MESSAGES),
      sanctions: sanctions.map(({ username: _, ...sanction }) => sanction),
      notes: await listNotes(this.#db, channelId, userId),
      sameDevice: await this.#people.onSameDevice(userId),
    };
  }

  /** @throws {ChatUserUnknown} {TooManyNotes} */
  async addNote(channel: RoomChannel, by: Moderator, name: string, text: string): Promise<void> {
    const { userId } = await this.#people.named(channel.id, name);
    await this.#audit.act(channel, by.user.id, { act: 'add-note', targetId: userId }, async (tx, { at }) => {
      await insertNote(tx, { channelId: channel.id, userId, authorId: by.user.id, text, at });
      if ((await countNotes(tx, channel.id, userId)) > MAX_NOTES) throw new TooManyNotes(MAX_NOTES);
    });
  }
}
