import { z } from 'zod';
import { Limiter } from '../../platform/index.js';
import type { Db, LimiterOptions } from '../../platform/index.js';
import { SignInRequired } from '../errors.js';
import { refuseSanctioned } from '../messages/judge.js';
import type { Moderation, Moderator } from '../moderation/moderation.js';
import { listActs, listSanctions } from '../moderation/queries.js';
import type { People } from '../people/people.js';
import type { Connection, RoomChannel } from '../socket/connection.js';
import * as fields from '../socket/fields.js';
import { request } from '../socket/requests.js';
import type { Handlers } from '../socket/requests.js';
import type { Queue } from './queue.js';
import type { Terms } from './terms.js';
import type { UserCards } from './user-cards.js';

export interface DeskRequestsOptions {
  db: Db;
  moderation: Moderation;
  people: People;
  queue: Queue;
  terms: Terms;
  cards: UserCards;
  /** Counts under this name for all servers. */
  shared: (name: string) => LimiterOptions['shared'];
  now: () => Date;
}

const REPORTS_PER_MIN = 10;
const MAX_SANCTIONS = 200;
const ACTS = 50;

const inChannel = z.strictObject({ channel: fields.channel });
const oneLine = (max: number) => z.string().trim().min(1, 'must not be empty').max(max, `must have at most ${max} characters`).regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be plain text in one line');

/** What moderators look up and decide, and what viewers bring to them. Who asks is looked up for each request. */
export function deskRequests(options: DeskRequestsOptions): Handlers {
  const { db, moderation, queue, terms, cards, now } = options;
  const asModerator = async (connection: Connection, slug: string): Promise<{ channel: RoomChannel; by: Moderator }> => {
    const actor = connection.actor('moderate');
    const { channel } = connection.seat(slug);
    return { channel, by: await moderation.moderator(channel, actor.id) };
  };
  return new Map([
    reportRequest(options),
    request('list-queue', inChannel, async (connection, { channel: slug }) => {
      const { channel } = await asModerator(connection, slug);
      return { items: await queue.list(channel) };
    }),
    request('resolve-queue-item', z.strictObject({ channel: fields.channel, id: fields.uuid, decision: z.enum(['approve', 'deny']) }), async (connection, { channel: slug, id, decision }) => {
      const { channel, by } = await asModerator(connection, slug);
      await queue.resolve(channel, by, id, decision);
      return {};
    }),
    request('list-terms', inChannel, async (connection, { channel: slug }) => {
      const { channel } = await asModerator(connection, slug);
      return { terms: await terms.list(channel.id) };
    }),
    request('add-term', z.strictObject({ channel: fields.channel, pattern: oneLine(100), action: z.enum(['hold', 'block']) }), async (connection, { channel: slug, ...term }) => {
      const { channel, by } = await asModerator(connection, slug);
      return { term: await terms.add(channel, by, term) };
    }),
    request('remove-term', z.strictObject({ channel: fields.channel, id: fields.uuid }), async (connection, { channel: slug, id }) => {
      const { channel, by } = await asModerator(connection, slug);
      await terms.remove(channel, by, id);
      return {};
    }),
    request('list-sanctions', inChannel, async (connection, { channel: slug }) => {
      const { channel } = await asModerator(connection, slug);
      return { sanctions: await listSanctions(db, { channelId: channel.id, activeAt: now(), limit: MAX_SANCTIONS }) };
    }),
    request('user-card', z.strictObject({ channel: fields.channel, username: fields.username }), async (connection, { channel: slug, username }) => {
      const { channel } = await asModerator(connection, slug);
      return { card: await cards.card(channel, username) };
    }),
    request('add-note', z.strictObject({ channel: fields.channel, username: fields.username, text: oneLine(500) }), async (connection, { channel: slug, username, text }) => {
      const { channel, by } = await asModerator(connection, slug);
      await cards.addNote(channel, by, username, text);
      return {};
    }),
    request('list-audit', z.strictObject({ channel: fields.channel, before: fields.uuid.optional(), limit: z.int().min(1).max(100).optional() }), async (connection, { channel: slug, before, limit = ACTS }) => {
      const { channel } = await asModerator(connection, slug);
      const entries = await listActs(db, { channelId: channel.id, before, limit: limit + 1 });
      return { entries: entries.slice(0, limit), hasMore: entries.length > limit };
    }),
  ]);
}

/** Who is kept from writing does not report either. A report of who is muted goes nowhere, and they are not told. */
function reportRequest({ people, queue, shared, now }: DeskRequestsOptions) {
  const limiter = new Limiter({ attempts: REPORTS_PER_MIN, windowSec: 60, shared: shared('chat-report') });
  return request('report-message', z.strictObject({ channel: fields.channel, messageId: fields.uuid, reason: fields.givenReason }), async (connection, { channel: slug, ...report }) => {
    const actor = connection.actor('report');
    const { channel } = connection.seat(slug);
    const standing = await people.standing(channel.id, actor.id, connection.origin);
    if (standing === undefined) throw new SignInRequired('report');
    refuseSanctioned(standing.sanctions, now());
    await limiter.take(actor.id);
    if (!standing.sanctions.some(({ kind }) => kind === 'mute')) await queue.report(channel, actor.id, report);
    return {};
  });
}
