import { Router } from 'express';
import type { Request } from 'express';
import { z } from 'zod';
import { AddressLimiter, parseBody, parseQuery } from '../../platform/index.js';
import type { RecordingCaller, RecordingCallers } from '../access.js';
import type { ClipSources } from './clip-sources.js';
import type { Clips } from './clips.js';
import { ClipNotYours } from './errors.js';
import type { Clip } from './queries.js';

export interface ClipRoutesOptions {
  clips: Clips;
  sources: ClipSources;
  callers: RecordingCallers;
  channels: {
    /** Throws for a channel that does not exist. */
    get(slug: string): Promise<{ id: string; ownerId: string }>;
  };
}

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;
/** From one address; what is refused costs a look at the show all the same. */
const ATTEMPTS_PER_MIN = 20;
const instant = z.iso.datetime('must be a time in ISO 8601').transform((text) => new Date(text));

const page = z.object({
  before: instant.optional(),
  limit: z.coerce.number('must be a number').int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT),
});
const newClip = z.strictObject({
  startAt: instant,
  durationSec: z.number('must be a number').min(5, 'must be 5 at least').max(60, 'must be 60 at most'),
  exact: z.boolean('must be true or false').default(false),
  title: z.string('must be text').trim().regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be plain text in one line').min(1, 'must not be empty').max(100, 'must have at most 100 characters'),
});

/** `/broadcasts/:id/clips`, `/clips/:id` and `/channels/:slug/clips`. Mounted at /api/v1. */
export function clipRoutes(options: ClipRoutesOptions): Router {
  const { clips, sources, callers, channels } = options;
  const attempts = new AddressLimiter({ attempts: ATTEMPTS_PER_MIN, windowSec: 60 });
  const router = Router();
  router.post('/broadcasts/:id/clips', async (request, response) => {
    const caller = await callers.caller(request);
    const { startAt, durationSec, exact, title } = parseBody(newClip, request);
    await attempts.take(request.ip);
    const clip = await clips.make({ findSource: () => sources.get(request.params.id, request), makerId: caller.id, title, startAt, durationSec, isExact: exact });
    response.status(201).location(`/api/v1/clips/${clip.id}`).json(viewOf(clip, caller));
  });
  router.get('/clips/:id', async (request, response) => {
    const clip = await clips.get(request.params.id);
    response.json(viewOf(clip, await callers.findCaller(request)));
  });
  router.get('/channels/:slug/clips', async (request, response) => {
    const { before, limit } = parseQuery(page, request);
    const { id, ownerId } = await channels.get(request.params.slug);
    const caller = await callers.findCaller(request);
    const found = await clips.list({ channelId: id, isPublicOnly: !isKeeper(ownerId, caller), before, limit: limit + 1 });
    const shown = found.slice(0, limit);
    const next = found.length > limit ? shown.at(-1)?.createdAt : undefined;
    response.json({ clips: shown.map((clip) => viewOf(clip, caller)), ...(next === undefined ? {} : { next }) });
  });
  router.delete('/clips/:id', async (request: Request<{ id: string }>, response) => {
    const caller = await callers.caller(request);
    const clip = await clips.get(request.params.id);
    if (!canManage(clip, caller)) throw new ClipNotYours();
    await clips.remove(clip.id);
    response.status(204).end();
  });
  return router;
}

function viewOf(clip: Clip, caller: RecordingCaller | undefined): Record<string, unknown> {
  const { id, broadcastId, title, visibility, channel, startAt, durationMs, sizeBytes, createdAt, makerName } = clip;
  return {
    id, broadcastId, title, visibility, channel,
    maker: { username: makerName },
    startAt, durationSec: durationMs / 1000, sizeBytes, createdAt,
    video: `/clips/${id}/video.mp4`,
    poster: `/clips/${id}/poster.jpg`,
    canManage: canManage(clip, caller),
  };
}

function canManage({ makerId, ownerId }: Clip, caller: RecordingCaller | undefined): boolean {
  return caller?.id === makerId || isKeeper(ownerId, caller);
}

/** The owner of the channel, or an admin. */
function isKeeper(ownerId: string, caller: RecordingCaller | undefined): boolean {
  return caller !== undefined && (caller.id === ownerId || caller.role === 'admin');
}
