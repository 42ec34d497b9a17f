import { Router } from 'express';
import type { Request } from 'express';
import { z } from 'zod';
import { parseBody } from '../platform/index.js';
import { canManage } from './channels.js';
import type { ChannelCaller, Channels } from './channels.js';
import { StreamKeyUnknown } from './errors.js';
import type { Channel } from './queries.js';
import type { StreamKeys } from './stream-keys.js';

/** Who makes a request; both throw when a token is sent and is not good. */
export interface Callers {
  caller(request: Request): Promise<ChannelCaller>;
  /** Undefined for a visitor. */
  findCaller(request: Request): Promise<ChannelCaller | undefined>;
}

/** Postgres takes no NUL, and no page shows the others. */
const line = z.string().trim().regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be plain text in one line');
const lines = z.string().trim().regex(/^(?:[^\p{Cc}\p{Cs}]|\r|\n|\t)*$/u, 'must be plain text');

const changes = z.strictObject({
  title: line.min(1, 'must not be empty').max(100, 'must have at most 100 characters').optional(),
  description: lines.max(2000, 'must have at most 2000 characters').optional(),
  ladder: z.union([
    z.enum(['auto', 'off']),
    z.array(z.string().regex(/^[0-9a-z]{1,16}$/, 'must be the name of a rung, such as 720p')).min(1).max(8),
  ], 'must be auto, off, or a list of 1 to 8 rungs').nullable().optional(),
  latency: z.enum(['real-time', 'ultra-low', 'balanced', 'stable'], 'must be real-time, ultra-low, balanced or stable').optional(),
  reconnectGraceSec: z.int('must be whole seconds').min(0, 'must be 0 to 3600 seconds').max(3600, 'must be 0 to 3600 seconds').nullable().optional(),
  endsOnUnpublish: z.boolean('must be true or false').optional(),
  recording: z.strictObject({
    isOn: z.boolean('must be true or false').optional(),
    visibility: z.enum(['public', 'unlisted', 'private'], 'must be public, unlisted or private').optional(),
  }).optional(),
});
const newKey = z.strictObject({
  label: line.min(1, 'must not be empty').max(60, 'must have at most 60 characters'),
});

/** `/channels/:slug` and its stream keys. */
export function channelsRoutes(options: { channels: Channels; streamKeys: StreamKeys; callers: Callers }): Router {
  const { channels, streamKeys, callers } = options;
  const managed = async (request: Request<{ slug: string }>): Promise<Channel> =>
    channels.getManaged(request.params.slug, await callers.caller(request));
  const router = Router();
  router.get('/channels/:slug', async (request, response) => {
    const channel = await channels.get(request.params.slug);
    response.json({ channel: viewOf(channel, await callers.findCaller(request)) });
  });
  router.patch('/channels/:slug', async (request, response) => {
    const caller = await callers.caller(request);
    response.json({ channel: viewOf(await channels.update(request.params.slug, caller, parseBody(changes, request)), caller) });
  });
  router.post('/channels/:slug/stream-keys', async (request, response) => {
    const channel = await managed(request);
    response.status(201).json(await streamKeys.create(channel, parseBody(newKey, request).label));
  });
  router.get('/channels/:slug/stream-keys', async (request, response) => {
    response.json({ streamKeys: await streamKeys.list(await managed(request)) });
  });
  router.delete('/channels/:slug/stream-keys/:id', async (request, response) => {
    await streamKeys.revoke(await managed(request), keyIdOf(request));
    response.status(204).end();
  });
  return router;
}

/** What is not an id is the id of nothing. */
function keyIdOf(request: Request<{ slug: string; id: string }>): string {
  const { data: id } = z.uuid().safeParse(request.params.id);
  if (id === undefined) throw new StreamKeyUnknown();
  return id;
}

/** The public part; whoever manages the channel sees its settings too. */
function viewOf(channel: Channel, caller: ChannelCaller | undefined): Record<string, unknown> {
  const { slug, title, description, owner, latency, ladder, recording, reconnectGraceSec, endsOnUnpublish } = channel;
  return { slug, title, description, owner, latency, ...(canManage(channel, caller) ? { ladder, recording, reconnectGraceSec, endsOnUnpublish } : {}) };
}
