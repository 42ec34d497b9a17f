import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Router } from 'express';
import type { Request, Response } from 'express';
import { crossOrigin, setStretch, wantedStretch } from '../../platform/index.js';
import type { RecordingAccess } from '../access.js';
import { RenditionUnknown } from '../errors.js';
import type { Recording } from '../queries.js';
import type { Recordings } from '../recordings.js';
import { downloadRendition, Downloads } from './downloads.js';
import { safeFileName } from './file-name.js';
import { vodMasterPlaylist, vodMediaPlaylist } from './vod-playlist.js';

export interface VodRoutesOptions {
  recordings: Recordings;
  access: RecordingAccess;
  mediaDir: string;
  corsOrigin: string;
}

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
/** A recording may be deleted, or made private. */
const MAX_AGE_SEC = 60;
const RENDITION = /^[0-9a-z]{1,16}$/;
const compress = promisify(gzip);

/** Finished recordings under /vod/<id>/: playlists, and the download. */
export function vodRoutes(options: VodRoutesOptions): Router {
  const { recordings, access } = options;
  const downloads = new Downloads({ mediaDir: options.mediaDir });
  const router = Router({ caseSensitive: true, strict: true });
  router.use('/vod', crossOrigin({ origin: options.corsOrigin, headers: ['Authorization', 'Range'] }));
  const getReadable = async (request: Request<{ id: string }>): Promise<Recording> => {
    const recording = await recordings.get(request.params.id);
    await access.checkReadable(recording, request);
    return recording;
  };
  router.get('/vod/:id/master.m3u8', async (request, response) => {
    const recording = await getReadable(request);
    // Players keep the address of the first playlist to themselves: the others need what it ended with.
    await sendPlaylist(request, response, recording, vodMasterPlaylist(await recordings.getTimeline(recording.id), access.queryOf(recording)));
  });
  router.get('/vod/:id/:rendition/index.m3u8', async (request, response) => {
    const recording = await getReadable(request);
    const text = vodMediaPlaylist(await recordings.getTimeline(recording.id), request.params.rendition);
    if (text === undefined) throw new RenditionUnknown(request.params.rendition);
    await sendPlaylist(request, response, recording, text);
  });
  router.get('/vod/:id/download.mp4', async (request, response) => {
    const recording = await getReadable(request);
    const timeline = await recordings.getTimeline(recording.id);
    const rendition = downloadRendition(timeline, renditionOf(request));
    const plan = await downloads.get(timeline, rendition);
    response.set('ETag', `"${recording.id}-${rendition.name}-${plan.sizeBytes}"`);
    const stretch = wantedStretch(request, response, plan.sizeBytes);
    response.attachment(safeFileName(recording.title, { instead: 'recording', at: recording.startedAt })).set({ 'Content-Type': 'video/mp4', 'Cache-Control': cachingOf(recording) });
    setStretch(response, stretch, plan.sizeBytes);
    if (request.method === 'HEAD') response.end();
    // Who goes away while it is sent is no failure; a segment that went cuts the connection.
    else await pipeline(plan.read(stretch), response).catch(() => undefined);
  });
  return router;
}

function renditionOf(request: Request): string | undefined {
  const { rendition } = request.query;
  if (rendition === undefined) return undefined;
  if (typeof rendition !== 'string' || !RENDITION.test(rendition)) throw new RenditionUnknown(String(rendition));
  return rendition;
}

function cachingOf({ visibility }: Recording): string {
  return visibility === 'private' ? 'private, no-store' : `public, max-age=${MAX_AGE_SEC}`;
}

async function sendPlaylist(request: Request, response: Response, recording: Recording, text: string): Promise<void> {
  const isZipped = request.acceptsEncodings('gzip') === 'gzip';
  const body = isZipped ? await compress(text) : Buffer.from(text);
  response.set({ 'Content-Type': PLAYLIST_TYPE, 'Cache-Control': cachingOf(recording), Vary: 'Accept-Encoding', 'Content-Length': String(body.length), ...(isZipped ? { 'Content-Encoding': 'gzip' } : {}) });
  response.end(request.method === 'HEAD' ? undefined : body);
}
