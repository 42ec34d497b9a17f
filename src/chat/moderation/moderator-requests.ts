import { z } from 'zod';
import type { ChatModes } from '../events.js';
import { modesSchema } from '../room/modes.js';
import type { Connection, RoomChannel } from '../socket/connection.js';
import * as fields from '../socket/fields.js';
import { request } from '../socket/requests.js';
import type { Handlers } from '../socket/requests.js';
import { youOf } from '../people/standing.js';
import type { People } from '../people/people.js';
import type { Presence } from '../presence/presence.js';
import type { Moderation, Moderator } from './moderation.js';

const MAX_TIMEOUT_SEC = 14 * 86_400;

const inChannel = z.strictObject({ channel: fields.channel });
const onUser = z.strictObject({ channel: fields.channel, username: fields.username, reason: fields.reason.optional() });

/** What moderators ask. Who asks is looked up for each request. */
export function moderatorRequests({ moderation, people, presence }: { moderation: Moderation; people: People; presence: Pick<Presence, 'list'> }): Handlers {
  const asModerator = async (connection: Connection, slug: string): Promise<{ channel: RoomChannel; by: Moderator }> => {
    const actor = connection.actor('moderate');
    const { channel } = connection.seat(slug);
    return { channel, by: await moderation.moderator(channel, actor.id) };
  };
  return new Map([
    request('delete-message', z.strictObject({ channel: fields.channel, messageId: fields.uuid, reason: fields.reason.optional() }), async (connection, { channel: slug, messageId, reason }) => {
      const { channel, by } = await asModerator(connection, slug);
      await moderation.deleteMessage(channel, by, messageId, reason);
      return {};
    }),
    request('delete-user-messages', onUser, async (connection, { channel: slug, username, reason }) => {
      const { channel, by } = await asModerator(connection, slug);
      return { deleted: await moderation.deleteMessagesOf(channel, by, username, reason) };
    }),
    request('clear-chat', z.strictObject({ channel: fields.channel, reason: fields.reason.optional() }), async (connection, { channel: slug, reason }) => {
      const { channel, by } = await asModerator(connection, slug);
      await moderation.clear(channel, by, reason);
      return {};
    }),
    request('timeout-user', onUser.extend({ seconds: z.int('must be whole seconds').min(1).max(MAX_TIMEOUT_SEC, 'must be 14 days at most') }), async (connection, { channel: slug, ...wish }) => {
      const { channel, by } = await asModerator(connection, slug);
      await moderation.sanction(channel, by, { kind: 'timeout', ...wish });
      return {};
    }),
    request('ban-user', onUser, async (connection, { channel: slug, ...wish }) => {
      const { channel, by } = await asModerator(connection, slug);
      await moderation.sanction(channel, by, { kind: 'ban', ...wish });
      return {};
    }),
    request('mute-user', onUser, async (connection, { channel: slug, ...wish }) => {
      const { channel, by } = await asModerator(connection, slug);
      await moderation.sanction(channel, by, { kind: 'mute', ...wish });
      return {};
    }),
    request('warn-user', z.strictObject({ channel: fields.channel, username: fields.username, reason: fields.givenReason }), async (connection, { channel: slug, ...wish }) => {
      const { channel, by } = await asModerator(connection, slug);
      await moderation.sanction(channel, by, { kind: 'warning', ...wish });
      return {};
    }),
    request('acknowledge-warning', inChannel, async (connection, { channel: slug }) => {
      const actor = connection.actor('write');
      const { channel } = connection.seat(slug);
      await moderation.acknowledgeWarning(channel, actor.id);
      return { you: youOf(await people.standing(channel.id, actor.id, connection.origin)) };
    }),
    request('unban-user', onUser, async (connection, { channel: slug, username, reason }) => {
      const { channel, by } = await asModerator(connection, slug);
      await moderation.pardon(channel, by, username, reason);
      return {};
    }),
    request('pin-message', z.strictObject({ channel: fields.channel, messageId: fields.uuid.nullable() }), async (connection, { channel: slug, messageId }) => {
      const { channel, by } = await asModerator(connection, slug);
      await moderation.pin(channel, by, messageId);
      return {};
    }),
    request('set-modes', z.strictObject({ channel: fields.channel, modes: modesSchema }), async (connection, { channel: slug, modes }) => {
      const { channel, by } = await asModerator(connection, slug);
      return { modes: await moderation.setModes(channel, by, given(modes)) };
    }),
    request('raise-shield', inChannel, async (connection, { channel: slug }) => {
      const { channel, by } = await asModerator(connection, slug);
      return { until: (await moderation.raiseShield(channel, by)).toISOString() };
    }),
    request('lower-shield', inChannel, async (connection, { channel: slug }) => {
      const { channel, by } = await asModerator(connection, slug);
      await moderation.lowerShield(channel, by);
      return {};
    }),
    request('set-role', z.strictObject({ channel: fields.channel, username: fields.username, role: z.enum(['moderator', 'vip', 'none']) }), async (connection, { channel: slug, username, role }) => {
      const actor = connection.actor('name moderators');
      const { channel } = connection.seat(slug);
      await moderation.setRole(channel, await moderation.owner(channel, actor.id), username, role);
      return {};
    }),
    request('list-chatters', inChannel, async (connection, { channel: slug }) => {
      const { channel } = await asModerator(connection, slug);
      return presence.list(channel.id);
    }),
    request('undo-act', z.strictObject({ channel: fields.channel, id: fields.uuid }), async (connection, { channel: slug, id }) => {
      const { channel, by } = await asModerator(connection, slug);
      await moderation.undo(channel, by, id);
      return {};
    }),
  ]);
}

/** What is left out is not changed. */
function given(modes: { [Mode in keyof ChatModes]?: ChatModes[Mode] | undefined }): Partial<ChatModes> {
  const { slowSec, followersOnlyMin, isEmoteOnly, isUniqueChat, delaySec, links, isMembersOnly } = modes;
  return {
    ...(slowSec === undefined ? {} : { slowSec }),
    ...(followersOnlyMin === undefined ? {} : { followersOnlyMin }),
    ...(isEmoteOnly === undefined ? {} : { isEmoteOnly }),
    ...(isUniqueChat === undefined ? {} : { isUniqueChat }),
    ...(delaySec === undefined ? {} : { delaySec }),
    ...(links === undefined ? {} : { links }),
    ...(isMembersOnly === undefined ? {} : { isMembersOnly }),
  };
}
