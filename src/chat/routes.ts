import { randomUUID } from 'node:crypto';
import { Router } from 'express';
import type { Request } from 'express';
import { z } from 'zod';
import { AddressLimiter, parseBody, parseQuery } from '../platform/index.js';
import type { Guests } from './bots/guests.js';
import { BotScopeMissing, SignInRequired } from './errors.js';
import type { Messages } from './messages/messages.js';
import type { Poster } from './messages/poster.js';
import type { Moderation } from './moderation/moderation.js';
import { isModerator } from './people/standing.js';
import type { RoomChannel } from './socket/connection.js';
import * as fields from './socket/fields.js';

/** Recordings, as far as the chat beside them cares. */
export interface Replays {
  /** Name of the channel of a broadcast whose recording the caller may see. @throws for others */
  channelOf(broadcastId: string, request: Request): Promise<string>;
}

export interface ChatRoutesOptions {
  guests: Guests;
  messages: Messages;
  moderation: Moderation;
  poster: Poster;
  replays: Replays;
  /** @throws for a channel that does not exist. */
  getChannel: (slug: string) => Promise<RoomChannel>;
  /** Whether reading needs an account. */
  isMembersOnly: (channelId: string) => Promise<boolean>;
}

const MAX_TIMEOUT_SEC = 14 * 86_400;
const READS_PER_MIN = 300;

const seq = z.coerce.number().pipe(fields.seq);
const page = z.object({ before: seq.optional(), after: seq.optional(), limit: z.coerce.number().pipe(z.int().min(1).max(100)).optional() });
const stretch = z.object({
  from: z.iso.datetime().transform((text) => new Date(text)).default(() => new Date(0)),
  to: z.iso.datetime().transform((text) => new Date(text)).default(() => new Date(8.64e15)),
  limit: z.coerce.number().pipe(z.int().min(1).max(500)).default(200),
});
const draft = z.strictObject({
  text: z.string().max(4_000, 'is too long'),
  nonce: z.string().regex(/^[\w-]{8,64}$/, 'must be 8 to 64 letters, digits, - or _').default(() => randomUUID()),
  replyTo: fields.uuid.optional(),
});
const because = z.strictObject({ reason: fields.reason.optional() }).default({});
const timeout = z.strictObject({ seconds: z.int('must be whole seconds').min(1).max(MAX_TIMEOUT_SEC, 'must be 14 days at most'), reason: fields.reason.optional() });

/** What programs read and write without a socket: history, replays, a bot's messages, moderation. */
export function chatRoutes(options: ChatRoutesOptions): Router {
  const router = Router();
  readingRoutes(router, options);
  writingRoutes(router, options);
  return router;
}

function readingRoutes(router: Router, { guests, messages, replays, getChannel, isMembersOnly }: ChatRoutesOptions): void {
  const reads = new AddressLimiter({ attempts: READS_PER_MIN, windowSec: 60 });
  router.get('/channels/:slug/chat/messages', async (request, response) => {
    await reads.take(request.ip);
    const channel = await getChannel(request.params.slug);
    const standing = await guests.reader(channel, request);
    if (standing === undefined && await isMembersOnly(channel.id)) throw new SignInRequired('read this chat');
    response.json(await messages.history(channel.id, parseQuery(page, request), { isModerator: standing !== undefined && isModerator(standing.role), userId: standing?.user.id }));
  });
  router.get('/broadcasts/:id/chat', async (request, response) => {
    await reads.take(request.ip);
    const channel = await getChannel(await replays.channelOf(request.params.id, request));
    if (await isMembersOnly(channel.id) && (await guests.reader(channel, request)) === undefined) throw new SignInRequired('read this chat');
    response.json(await messages.replay(request.params.id, parseQuery(stretch, request)));
  });
}

function writingRoutes(router: Router, { guests, moderation, poster, getChannel }: ChatRoutesOptions): void {
  router.post('/channels/:slug/chat/messages', async (request, response) => {
    const channel = await getChannel(request.params.slug);
    const bot = await guests.bot(channel, request, 'write');
    // People write where their device is known: in the socket.
    if (bot === undefined) throw new BotScopeMissing('write');
    response.status(201).json(await poster.post(channel, bot, parseBody(draft, request)));
  });
  const moderated = async (request: Request<{ slug: string }>) => {
    const channel = await getChannel(request.params.slug);
    return { channel, by: await guests.moderator(channel, request) };
  };
  router.delete('/channels/:slug/chat/messages/:id', async (request, response) => {
    const { channel, by } = await moderated(request);
    await moderation.deleteMessage(channel, by, parse(fields.uuid, request.params.id), parseBody(because, request).reason);
    response.status(204).end();
  });
  router.put('/channels/:slug/chat/timeouts/:username', async (request, response) => {
    const { channel, by } = await moderated(request);
    await moderation.sanction(channel, by, { kind: 'timeout', username: parse(fields.username, request.params.username), ...parseBody(timeout, request) });
    response.status(204).end();
  });
  router.put('/channels/:slug/chat/bans/:username', async (request, response) => {
    const { channel, by } = await moderated(request);
    await moderation.sanction(channel, by, { kind: 'ban', username: parse(fields.username, request.params.username), ...parseBody(because, request) });
    response.status(204).end();
  });
  router.delete('/channels/:slug/chat/bans/:username', async (request, response) => {
    const { channel, by } = await moderated(request);
    await moderation.pardon(channel, by, parse(fields.username, request.params.username), parseBody(because, request).reason);
    response.status(204).end();
  });
}

/** A part of the address. @throws {RequestInvalid} */
function parse<T>(schema: z.ZodType<T>, text: string): T {
  return parseQuery(z.object({ address: schema }), { query: { address: text } }).address;
}
