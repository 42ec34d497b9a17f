import { Router } from 'express';
import type { Request } from 'express';
import { z } from 'zod';
import { parseBody, parseQuery } from '../platform/index.js';
import type { RecordingAccess } from './access.js';
import type { Recording } from './queries.js';
import type { Recordings } from './recordings.js';
import type { VodTimeline } from './vod/vod-timeline.js';

export interface RecordingsRoutesOptions {
  recordings: Recordings;
  access: RecordingAccess;
  channels: {
    /** Throws for a channel that does not exist. */
    get(slug: string): Promise<{ id: string; ownerId: string }>;
  };
}

const DEFAULT_LIMIT = 20;
const DEFAULT_NEWEST = 12;
const MAX_LIMIT = 100;

const page = z.object({
  before: z.iso.datetime('must be a time in ISO 8601').transform((text) => new Date(text)).optional(),
  limit: z.coerce.number('must be a number').int().min(1).max(MAX_LIMIT).optional(),
});
/** Postgres takes no NUL, and no page shows the others. */
const changes = z.strictObject({
  title: z.string().trim().regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be plain text in one line').min(1, 'must not be empty').max(140, 'must have at most 140 characters').optional(),
  description: z.string().trim().regex(/^(?:[^\p{Cc}\p{Cs}]|\r|\n|\t)*$/u, 'must be plain text').max(5000, 'must have at most 5000 characters').optional(),
  visibility: z.enum(['public', 'unlisted', 'private'], 'must be public, unlisted or private').optional(),
  isKept: z.boolean('must be true or false').optional(),
});

/** `/recordings`, `/recordings/:id` and `/channels/:slug/recordings`. Mounted at /api/v1. */
export function recordingsRoutes(options: RecordingsRoutesOptions): Router {
  const { recordings, access, channels } = options;
  const managed = async (request: Request<{ id: string }>): Promise<Recording> => {
    const recording = await recordings.get(request.params.id);
    await access.checkManaged(recording, request);
    return recording;
  };
  const router = Router();
  router.get('/recordings', async (request, response) => {
    const { before, limit = DEFAULT_NEWEST } = parseQuery(page, request);
    const found = await recordings.list({ isPublicOnly: true, before, limit: limit + 1 });
    response.json(pageOf(found, limit, (recording) => viewOf(recording, access)));
  });
  router.get('/channels/:slug/recordings', async (request, response) => {
    const { before, limit = DEFAULT_LIMIT } = parseQuery(page, request);
    const channel = await channels.get(request.params.slug);
    const isOwner = await access.canManage(channel, request);
    const found = await recordings.list({ channelId: channel.id, isPublicOnly: !isOwner, before, limit: limit + 1 });
    response.json(pageOf(found, limit, (recording) => ({ ...viewOf(recording, access), ...(isOwner ? stateOf(recording) : {}) })));
  });
  router.get('/recordings/:id', async (request, response) => {
    const recording = await recordings.get(request.params.id);
    await access.checkReadable(recording, request);
    const canManage = await access.canManage(recording, request);
    response.json({ ...viewOf(recording, access), ...stateOf(recording), chapters: chaptersOf(await recordings.getTimeline(recording.id)), canManage });
  });
  router.patch('/recordings/:id', async (request, response) => {
    const { id } = await managed(request);
    response.json(viewOf(await recordings.update(id, parseBody(changes, request)), access));
  });
  router.delete('/recordings/:id', async (request, response) => {
    await recordings.remove((await managed(request)).id);
    response.status(204).end();
  });
  return router;
}

/** One more than the page was asked for: that there is a next one is known without counting. */
function pageOf(found: Recording[], limit: number, view: (recording: Recording) => Record<string, unknown>): Record<string, unknown> {
  const shown = found.slice(0, limit);
  const next = found.length > limit ? shown.at(-1)?.startedAt : undefined;
  return { recordings: shown.map(view), ...(next === undefined ? {} : { next }) };
}

function viewOf(recording: Recording, access: RecordingAccess): Record<string, unknown> {
  const { id, title, description, visibility, startedAt, endedAt, durationMs, isKept, channel } = recording;
  const query = access.queryOf(recording);
  const at = (where: string): string => (query === undefined ? where : `${where}?${query}`);
  return {
    id, title, description, visibility, startedAt, ...(endedAt === null ? {} : { endedAt }),
    durationSec: durationMs / 1000,
    isKept, channel,
    poster: at(`/pictures/${id}/poster.jpg`),
    storyboard: at(`/pictures/${id}/board.vtt`),
    playback: { hls: at(`/vod/${id}/master.m3u8`) },
    download: at(`/vod/${id}/download.mp4`),
  };
}

function stateOf({ sizeBytes, state }: Recording): Record<string, unknown> {
  return { sizeBytes, state };
}

function chaptersOf({ chaptersMs }: VodTimeline): { startSec: number; title: string }[] {
  return chaptersMs.map((startMs, i) => ({ startSec: startMs / 1000, title: `Part ${i + 1}` }));
}
