import { z } from 'zod';
import { Limiter } from '../../platform/index.js';
import type { Db, LimiterOptions } from '../../platform/index.js';
import type { ChatConfig } from '../config.js';
import { ChatMessageUnknown, ReactionUnknown, SignInRequired } from '../errors.js';
import type { Messages } from '../messages/messages.js';
import type { Poster } from '../messages/poster.js';
import { findMessage, setReaction } from '../messages/queries.js';
import type { Taps } from '../messages/taps.js';
import type { People } from '../people/people.js';
import type { Rooms } from '../room/rooms.js';
import type { Connection, RoomChannel } from './connection.js';
import * as fields from './fields.js';
import { request } from './requests.js';
import type { Handlers } from './requests.js';
import type { Seating } from './seating.js';

export interface ViewerRequestsOptions {
  db: Db;
  limits: ChatConfig['limits'];
  /** @throws for a channel that does not exist. */
  getChannel: (slug: string) => Promise<RoomChannel>;
  /** @throws for a token that is not good. */
  bearer: (accessToken: string) => Promise<{ caller: { id: string; username: string; role: 'admin' | 'user' }; expiresAt: Date }>;
  seating: Seating;
  rooms: Rooms;
  people: People;
  messages: Messages;
  poster: Poster;
  taps: Taps;
  /** Codes of a channel's emotes. */
  emoteCodes: (channelId: string) => Promise<ReadonlySet<string>>;
  /** Counts under this name for all servers. */
  shared: (name: string) => LimiterOptions['shared'];
  now: () => Date;
}

const inChannel = z.strictObject({ channel: fields.channel });
/** Cleaned and counted afterwards: what is cut off by this would never pass. */
const text = z.string().max(4_000, 'is too long');
const emoji = z.string().max(40).regex(/^(?:[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Emoji_Component}\p{Regional_Indicator}\u200d\ufe0f\u20e3]{1,16}|:[a-z0-9_]{2,32}:)$/iu, 'must be one emoji or an emote');
const sending = z.strictObject({
  channel: fields.channel,
  text,
  nonce: z.string().regex(/^[\w-]{8,64}$/, 'must be 8 to 64 letters, digits, - or _'),
  replyTo: fields.uuid.optional(),
  streamAt: z.iso.datetime().optional(),
});

/** What viewers ask: rooms, messages, reactions. */
export function viewerRequests(options: ViewerRequestsOptions): Handlers {
  const { seating, rooms, messages, bearer } = options;
  const post = sender(options);
  const react = reactor(options);
  return new Map([
    request('join-room', z.strictObject({ channel: fields.channel, after: fields.seq.optional() }), async (connection, { channel: slug, after }) => {
      const channel = await options.getChannel(slug);
      const you = await seating.enter(connection, channel);
      const { messages: shown, hasMore } = await messages.history(channel.id, { after }, readerOf(connection, channel.slug));
      return { room: await rooms.state(channel), you, messages: shown, isGap: after !== undefined && hasMore };
    }),
    request('leave-room', inChannel, async (connection, { channel }) => {
      await seating.leave(connection, connection.seat(channel).channel);
      return {};
    }),
    request('authenticate', z.strictObject({ token: z.string().max(4_000).nullable() }), async (connection, { token }) => {
      const signedIn = token === null ? undefined : await bearer(token);
      await seating.signIn(connection, signedIn && { ...signedIn.caller, expiresAt: signedIn.expiresAt });
      return signedIn === undefined ? {} : { user: { id: signedIn.caller.id, username: signedIn.caller.username } };
    }),
    request('load-history', z.strictObject({
      channel: fields.channel, before: fields.seq.optional(), after: fields.seq.optional(), limit: z.int().min(1).max(100).optional(),
    }), async (connection, { channel, ...wish }) => {
      return messages.history(connection.seat(channel).channel.id, wish, readerOf(connection, channel));
    }),
    request('chat-message', sending, post),
    request('react', z.strictObject({ channel: fields.channel, emoji, messageId: fields.uuid.optional(), isOn: z.boolean().optional() }), react),
  ]);
}

function sender({ people, poster }: ViewerRequestsOptions) {
  return async (connection: Connection, { channel: slug, streamAt, ...draft }: z.infer<typeof sending>) => {
    const actor = connection.actor('write');
    const { channel } = connection.seat(slug);
    const standing = await people.standing(channel.id, actor.id, connection.origin);
    if (standing === undefined) throw new SignInRequired('write');
    return poster.post(channel, standing, { ...draft, streamAt: streamAt === undefined ? undefined : new Date(streamAt) }, connection);
  };
}

function readerOf(connection: Connection, slug: string): { isModerator: boolean; userId: string | undefined } {
  return { isModerator: connection.seat(slug).isModerator, userId: connection.user?.id };
}

interface Tap {
  channel: string;
  emoji: string;
  messageId?: string | undefined;
  isOn?: boolean | undefined;
}

function reactor({ db, limits, taps, emoteCodes, shared, now }: ViewerRequestsOptions) {
  const limiter = new Limiter({ attempts: limits.tapsPerSec, windowSec: 1, shared: shared('chat-taps') });
  return async (connection: Connection, { channel: slug, emoji: tapped, messageId, isOn = true }: Tap) => {
    const actor = connection.actor('react');
    const { channel, silencedUntil } = connection.seat(slug);
    await limiter.take(actor.id);
    // Anything else between colons is words, and words are messages.
    const code = /^:(.+):$/.exec(tapped)?.[1];
    if (code !== undefined && !(await emoteCodes(channel.id)).has(code)) throw new ReactionUnknown();
    // Who is muted is not told.
    if (silencedUntil === null || silencedUntil > now()) return {};
    if (messageId === undefined) {
      taps.tap(channel, tapped);
      return {};
    }
    const found = await findMessage(db, channel.id, messageId);
    if (found?.state !== 'shown' || found.shownAt === null || found.shownAt > now()) throw new ChatMessageUnknown();
    const isChanged = await setReaction(db, { messageId, userId: actor.id, emoji: tapped, isOn });
    if (isChanged) taps.react(channel, messageId, tapped, isOn ? 1 : -1);
    return {};
  };
}
