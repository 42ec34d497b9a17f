import type { BotScope } from '../bots/queries.js';
import { BotScopeMissing, ReadOnly } from '../errors.js';
import type { ClientEvents } from '../events.js';
import type { Connection } from './connection.js';
import type { Handlers } from './requests.js';

/** What a bot's token must say for it to ask; bots ask nothing else. */
const BOT_NEEDS: { [Name in keyof ClientEvents]?: BotScope } = {
  'join-room': 'read',
  'leave-room': 'read',
  'load-history': 'read',
  'chat-message': 'write',
  'delete-message': 'moderate',
  'delete-user-messages': 'moderate',
  'clear-chat': 'moderate',
  'timeout-user': 'moderate',
  'ban-user': 'moderate',
  'mute-user': 'moderate',
  'warn-user': 'moderate',
  'unban-user': 'moderate',
  'pin-message': 'moderate',
  'set-modes': 'moderate',
  'raise-shield': 'moderate',
  'lower-shield': 'moderate',
  'list-chatters': 'moderate',
  'list-sanctions': 'moderate',
  'list-audit': 'moderate',
};
const NEEDS = new Map(Object.entries(BOT_NEEDS));
const OVERLAYS_ASK: ReadonlySet<string> = new Set<keyof ClientEvents>(['join-room', 'leave-room', 'load-history']);

/** The same requests, but what a token does not say is refused. */
export function withPermits(handlers: Handlers): Handlers {
  return new Map([...handlers].map(([name, handler]) => [name, async (connection, payload) => {
    checkPermit(connection, name);
    return handler(connection, payload);
  }]));
}

/** @throws {BotScopeMissing} {ReadOnly} */
function checkPermit({ user, overlay }: Connection, name: string): void {
  if (overlay !== undefined && !OVERLAYS_ASK.has(name)) throw new ReadOnly();
  if (user?.bot === undefined) return;
  const needed = NEEDS.get(name);
  if (needed === undefined || !user.bot.scopes.includes(needed)) throw new BotScopeMissing(needed);
}
