import { z } from 'zod';
import { Limiter } from '../../platform/index.js';
import type { Db, LimiterOptions } from '../../platform/index.js';
import type { ChatConfig } from '../config.js';
import { ChatMessageUnknown, SignInRequired } from '../errors.js';
import type { Messages } from '../messages/messages.js';
import { findMessage, setReaction } from '../messages/queries.js';
import type { Taps } from '../messages/taps.js';
import type { People } from '../people/people.js';
import { isModerator } from '../people/standing.js';
import type { Standing } from '../people/standing.js';
import type { Delivery } from '../room/delivery.js';
import type { Rooms } from '../room/rooms.js';
import type { Connection, RoomChannel, Seat } from './connection.js';
import * as fields from './fields.js';
import { request } from './requests.js';
import type { Handlers } from './requests.js';
import type { Seating } from './seating.js';

export interface ViewerRequestsOptions {
  db: Db;
  limits: ChatConfig['limits'];
  /** Counts under this name for all servers. */
  shared: (name: string) => LimiterOptions['shared'];
  /** @throws for a channel that does not exist. */
  getChannel: (slug: string) => Promise<RoomChannel>;
  /** @throws for a token that is not good. */
  bearer: (accessToken: string) => Promise<{ caller: { id: string; username: string; role: 'admin' | 'user' }; expiresAt: Date }>;
  seating: Seating;
  rooms: Rooms;
  people: People;
  messages: Messages;
  taps: Taps;
  delivery: Delivery;
  /** A message waits for a moderator. */
  onHeld: (channel: RoomChannel, messageId: string, reason: string) => Promise<void>;
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
  const post = poster(options);
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

function poster({ limits, shared, people, messages, delivery, onHeld }: ViewerRequestsOptions) {
  const limiter = (name: 'user' | 'moderator' | 'address' | 'room'): Limiter =>
    new Limiter({ attempts: limits[name].messages, windowSec: limits[name].windowSec, shared: shared(`chat-${name}`) });
  const [ofUser, ofModerator, ofAddress, ofRoom] = [limiter('user'), limiter('moderator'), limiter('address'), limiter('room')];
  const count = async (connection: Connection, { channel }: Seat, { user, role }: Standing): Promise<void> => {
    if (isModerator(role)) return ofModerator.take(user.id);
    await ofUser.take(user.id);
    await ofAddress.take(connection.address);
    await ofRoom.take(channel.id);
  };
  return async (connection: Connection, { channel: slug, streamAt, ...draft }: z.infer<typeof sending>) => {
    const actor = connection.actor('write');
    const seat = connection.seat(slug);
    const { channel } = seat;
    const standing = await people.standing(channel.id, actor.id, connection.origin);
    if (standing === undefined) throw new SignInRequired('write');
    await count(connection, seat, standing);
    // Before it is judged: who is refused has been here too.
    await people.note(actor.id, connection.origin);
    const posted = await messages.post(channel.id, standing, { ...draft, streamAt: streamAt === undefined ? undefined : new Date(streamAt) });
    const { message, forAuthor, verdict, isNew, delayMs } = posted;
    if (isNew) {
      if (verdict.name === 'show') delivery.message(channel, message, { delayMs });
      else delivery.hiddenMessage(channel, posted, verdict.name === 'hold' ? 'held' : 'muted');
      if (verdict.name === 'hold') await onHeld(channel, message.id, verdict.reason);
    }
    return { message: forAuthor, isHeld: verdict.name === 'hold' };
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

function reactor({ db, limits, taps, now }: ViewerRequestsOptions) {
  const limiter = new Limiter({ attempts: limits.tapsPerSec, windowSec: 1 });
  return async (connection: Connection, { channel: slug, emoji: tapped, messageId, isOn = true }: Tap) => {
    const actor = connection.actor('react');
    const { channel, silencedUntil } = connection.seat(slug);
    await limiter.take(actor.id);
    // Who is muted is not told.
    if (silencedUntil === null || silencedUntil > now()) return {};
    if (messageId === undefined) {
      taps.tap(channel, tapped);
      return {};
    }
    if ((await findMessage(db, channel.id, messageId))?.state !== 'shown') throw new ChatMessageUnknown();
    const isChanged = await setReaction(db, { messageId, userId: actor.id, emoji: tapped, isOn });
    if (isChanged) taps.react(channel, messageId, tapped, isOn ? 1 : -1);
    return {};
  };
}
