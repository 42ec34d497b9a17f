import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Router } from 'express';
import type { Request, Response } from 'express';
import { crossOrigin } from '../../platform/index.js';
import { PictureNotFound } from './errors.js';
import { PictureFolder, picturesPath } from './picture-folder.js';
import type { PictureIndex } from './picture-folder.js';
import { isSheetComplete, storyboardVtt } from './storyboard.js';
import type { Timeline } from './storyboard.js';

/** What the routes need to know of broadcasts, live and recorded. */
export interface PicturedBroadcasts {
  /** Undefined when there is none of this id, or none for who asks. */
  find(broadcastId: string, request: Request): Promise<PicturedBroadcast | undefined>;
}

export interface PicturedBroadcast {
  /** The times of the storyboard. */
  timeline: Timeline;
  /** Whether caches between may keep its pictures. */
  isPublic: boolean;
  /** What addresses of its pictures need at their end, such as `access=…`. */
  query?: string;
}

export interface PictureRoutesOptions {
  mediaDir: string;
  broadcasts: PicturedBroadcasts;
  corsOrigin: string;
}

const BROADCAST_ID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;
const SHEET_FILE = /^board-(0|[1-9]\d{0,5})\.jpg$/;
const YEAR_SEC = 31_536_000;
const HOUR_SEC = 3_600;
/** As long as there is no newer one. */
const LIVE_SEC = 10;

/** Pictures of broadcasts under /pictures/<broadcastId>/: latest.jpg, poster.jpg, board-<k>.jpg, board.vtt. */
export function pictureRoutes(options: PictureRoutesOptions): Router {
  const { mediaDir, broadcasts, corsOrigin } = options;
  // One address for each thing, as for media.
  const router = Router({ caseSensitive: true, strict: true });
  router.use('/pictures', crossOrigin({ origin: corsOrigin }));
  router.get('/pictures/:broadcastId/:file', async (request, response) => {
    const { broadcastId, file } = request.params;
    const broadcast = BROADCAST_ID.test(broadcastId) ? await broadcasts.find(broadcastId, request) : undefined;
    if (broadcast === undefined) throw new PictureNotFound();
    const folder = new PictureFolder(picturesPath(mediaDir, broadcastId));
    const index = await folder.readIndex();
    if (index === undefined) throw new PictureNotFound();
    const caching = `${broadcast.isPublic ? 'public' : 'private'}, ${lifetimeOf(file, index)}`;
    if (file === 'board.vtt') response.set('Cache-Control', caching).type('text/vtt').send(storyboardVtt(index, broadcast.timeline, broadcast.query));
    else await sendPicture(request, response, { file: folder.fileOf(file), caching });
  });
  return router;
}

/** @throws {PictureNotFound} for any name but those that are served. */
function lifetimeOf(file: string, index: PictureIndex): string {
  const sheet = SHEET_FILE.exec(file);
  if (sheet !== null) return isSheetComplete(index, Number(sheet[1])) ? `max-age=${YEAR_SEC}, immutable` : `max-age=${LIVE_SEC}`;
  if (file === 'latest.jpg' || file === 'poster.jpg' || file === 'board.vtt') return `max-age=${index.isFinished ? HOUR_SEC : LIVE_SEC}`;
  throw new PictureNotFound();
}

async function sendPicture(request: Request, response: Response, { file, caching }: { file: string; caching: string }): Promise<void> {
  const handle = await openPicture(file);
  try {
    const { size, mtimeMs } = await handle.stat();
    response.set({ 'Content-Type': 'image/jpeg', 'Cache-Control': caching, 'Content-Length': String(size), ETag: `"${size}-${mtimeMs}"` });
    if (request.fresh) response.status(304).end();
    else if (request.method === 'HEAD') response.end();
    // Who went away while it was sent is no failure.
    else await pipeline(handle.createReadStream({ autoClose: false }), response).catch(() => undefined);
  } finally {
    await handle.close();
  }
}

async function openPicture(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (cause) {
    throw new PictureNotFound({ cause });
  }
}
