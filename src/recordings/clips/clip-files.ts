import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Router } from 'express';
import type { Request, Response } from 'express';
import { crossOrigin, setStretch, wantedStretch } from '../../platform/index.js';
import { safeFileName } from '../vod/file-name.js';
import type { Clips } from './clips.js';

/** A clip never changes, but it may be deleted. */
const MAX_AGE_SEC = 60;

/** `/clips/<id>/video.mp4`, as a file to keep with `?download`, and `/clips/<id>/poster.jpg`. */
export function clipFileRoutes({ clips, corsOrigin }: { clips: Clips; corsOrigin: string }): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.use('/clips/:id/:file', crossOrigin({ origin: corsOrigin, headers: ['Range'] }));
  router.get('/clips/:id/video.mp4', async (request, response) => {
    const clip = await clips.get(request.params.id);
    if (request.query['download'] !== undefined) response.attachment(safeFileName(clip.title, { instead: 'clip', at: clip.startAt }));
    await sendFile(request, response, { handle: await clips.openFile(clip.id, 'mp4'), type: 'video/mp4' });
  });
  router.get('/clips/:id/poster.jpg', async (request, response) => {
    const clip = await clips.get(request.params.id);
    await sendFile(request, response, { handle: await clips.openFile(clip.id, 'jpg'), type: 'image/jpeg' });
  });
  return router;
}

async function sendFile(request: Request, response: Response, { handle, type }: { handle: FileHandle; type: string }): Promise<void> {
  try {
    const { size, mtimeMs } = await handle.stat();
    response.set({ 'Content-Type': type, 'Cache-Control': `public, max-age=${MAX_AGE_SEC}`, ETag: `"${size}-${mtimeMs}"` });
    if (request.fresh) return void response.status(304).end();
    const stretch = wantedStretch(request, response, size);
    setStretch(response, stretch, size);
    if (request.method === 'HEAD') response.end();
    // Who went away while it was sent is no failure.
    else await pipeline(handle.createReadStream({ start: stretch.start, end: stretch.end, autoClose: false }), response).catch(() => undefined);
  } finally {
    await handle.close();
  }
}
