import { raw, Router } from 'express';
import type { Request, RequestHandler } from 'express';
import { EmoteRefused } from '../errors.js';
import type { RoomChannel } from '../socket/connection.js';
import type { Emotes, EmoteAudit } from './emotes.js';

export interface EmoteRoutesOptions {
  emotes: Emotes;
  audit: EmoteAudit;
  /** @throws for a channel that does not exist. */
  getChannel: (slug: string) => Promise<RoomChannel>;
  /** Who asks, if they moderate the channel; else it throws. */
  moderator: (channel: RoomChannel, request: Request) => Promise<{ id: string }>;
  /** A room has other emotes now. */
  onChanged: (channel: RoomChannel) => Promise<void>;
}

const MAX_UPLOAD_BYTES = 1 << 20;

/** `/channels/:slug/emotes`. */
export function emoteRoutes({ emotes, audit, getChannel, moderator, onChanged }: EmoteRoutesOptions): Router {
  const router = Router();
  router.get('/channels/:slug/emotes', async (request, response) => {
    response.json({ emotes: await emotes.list((await getChannel(request.params.slug)).id) });
  });
  // Nobody's picture is taken before it is known who sends it.
  router.put('/channels/:slug/emotes/:code', async (request, _response, next) => {
    const channel = await getChannel(request.params.slug);
    await emotes.admit(channel.id, (await moderator(channel, request)).id, request.params.code);
    next();
  }, takePicture(), async (request, response) => {
    const channel = await getChannel(request.params.slug);
    const { id } = await moderator(channel, request);
    const emote = await emotes.put(channel, id, { code: request.params.code, upload: pictureOf(request) }, audit);
    await onChanged(channel);
    response.json({ emote });
  });
  router.delete('/channels/:slug/emotes/:code', async (request, response) => {
    const channel = await getChannel(request.params.slug);
    const { id } = await moderator(channel, request);
    await emotes.remove(channel, id, request.params.code, audit);
    await onChanged(channel);
    response.status(204).end();
  });
  return router;
}

/** `/emotes/<picture>.webp`: another picture has another address. */
export function emotePictureRoutes({ emotes }: { emotes: Emotes }): Router {
  const router = Router();
  router.get('/emotes/:file', async (request, response, next) => {
    const pictureId = /^(.+)\.webp$/.exec(request.params.file)?.[1];
    if (pictureId === undefined) return next();
    const file = await emotes.fileOf(pictureId);
    response.set({ 'Cache-Control': 'public, max-age=31536000, immutable', 'Content-Type': 'image/webp', 'X-Content-Type-Options': 'nosniff' });
    response.sendFile(file, { cacheControl: false, dotfiles: 'allow' });
  });
  return router;
}

/** The body as it is, whatever its type is said to be: its first bytes say what it is. */
function takePicture(): RequestHandler<{ slug: string; code: string }> {
  const take = raw({ type: () => true, limit: MAX_UPLOAD_BYTES });
  return (request, response, next) => take(request, response, (error?: unknown) => {
    const isTooLarge = error instanceof Error && 'status' in error && error.status === 413;
    next(isTooLarge ? new EmoteRefused('size', 'the picture is too large: 1 MiB is the most', { status: 413 }) : error);
  });
}

function pictureOf({ body }: { body: unknown }): Buffer {
  if (!Buffer.isBuffer(body)) throw new EmoteRefused('type', 'send the picture as the body of the request');
  return body;
}
