import { raw, Router } from 'express';
import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { parseBody } from '../platform/index.js';
import { canManage } from './channels.js';
import type { ChannelCaller, Channels } from './channels.js';
import { PictureTooLarge, PictureTypeUnknown, StreamKeyUnknown } from './errors.js';
import type { Channel } from './queries.js';
import type { SlatePictures } from './slate/slate-pictures.js';
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

/** More than any photograph that was made for a screen. */
const MAX_PICTURE_BYTES = 5 << 20;

export interface ChannelsRoutesOptions {
  channels: Channels;
  streamKeys: StreamKeys;
  slates: SlatePictures;
  callers: Callers;
}

/** `/channels/:slug`, its stream keys and its slate. */
export function channelsRoutes(options: ChannelsRoutesOptions): Router {
  const { channels, streamKeys, slates, callers } = options;
  const viewOf = (channel: Channel, caller: ChannelCaller | undefined): Record<string, unknown> => ({
    ...publicViewOf(channel), ...(canManage(channel, caller) ? managedViewOf(channel, slates.versionOf(channel.id)) : {}),
  });
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
  router.get('/channels/:slug/slate', async (request, response) => {
    const { id } = await channels.get(request.params.slug);
    // Asked for again each time, and sent again when it has changed.
    response.set('Cache-Control', 'no-cache');
    response.sendFile(slates.imagesOf(id)[0] ?? '', { cacheControl: false, dotfiles: 'allow' });
  });
  // Nobody's five megabytes are taken before it is known who sends them.
  router.put('/channels/:slug/slate', async (request, _response, next) => {
    await managed(request);
    next();
  }, takePicture(), async (request, response) => {
    const caller = await callers.caller(request);
    const channel = await channels.getManaged(request.params.slug, caller);
    await slates.put(channel.id, pictureOf(request));
    response.json({ channel: viewOf(channel, caller) });
  });
  router.delete('/channels/:slug/slate', async (request, response) => {
    const caller = await callers.caller(request);
    const channel = await channels.getManaged(request.params.slug, caller);
    await slates.remove(channel.id);
    response.json({ channel: viewOf(channel, caller) });
  });
  return router;
}

/** The body as it is, whatever its type is said to be: its first bytes say what it is. */
function takePicture(): RequestHandler<{ slug: string }> {
  const take = raw({ type: () => true, limit: MAX_PICTURE_BYTES });
  return (request, response, next) => take(request, response, (error?: unknown) => {
    const isTooLarge = error instanceof Error && 'status' in error && error.status === 413;
    next(isTooLarge ? new PictureTooLarge(MAX_PICTURE_BYTES) : error);
  });
}

function pictureOf({ body }: { body: unknown }): Buffer {
  if (!Buffer.isBuffer(body)) throw new PictureTypeUnknown();
  return body;
}

/** What is not an id is the id of nothing. */
function keyIdOf(request: Request<{ slug: string; id: string }>): string {
  const { data: id } = z.uuid().safeParse(request.params.id);
  if (id === undefined) throw new StreamKeyUnknown();
  return id;
}

function publicViewOf({ slug, title, description, owner, latency }: Channel): Record<string, unknown> {
  return { slug, title, description, owner, latency };
}

/** Whoever manages the channel sees its settings too. */
function managedViewOf(channel: Channel, slateVersion: string | undefined): Record<string, unknown> {
  const { slug, ladder, recording, reconnectGraceSec, endsOnUnpublish } = channel;
  const url = `/api/v1/channels/${slug}/slate`;
  // Another picture has another address: a page that shows it shows the new one.
  const slate = slateVersion === undefined ? { url, isOwn: false } : { url: `${url}?v=${slateVersion}`, isOwn: true };
  return { ladder, recording, reconnectGraceSec, endsOnUnpublish, slate };
}
