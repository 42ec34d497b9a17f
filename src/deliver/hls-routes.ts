import { Router } from 'express';
import type { Request, Response } from 'express';
import compression from 'compression';
import { BroadcastNotLive } from '../streams/index.js';
import { FileNotFound } from './errors.js';
import type { HlsPackages, StoredFile } from './live.js';
import type { Viewers } from './viewers.js';

export interface HlsRoutesOptions {
  packages: HlsPackages;
  viewers: Viewers;
  corsOrigin: string;
}

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
const YEAR_SEC = 31_536_000;
/** Names that the packager makes; nothing else reaches the store. */
const MEDIA_FILE = /^(?:\d{1,9}\.m4s|init-\d{1,6}\.mp4)$/;

/** Playlists under /hls/<slug>/, segments under /media/<broadcastId>/<rendition>/. */
export function hlsRoutes(options: HlsRoutesOptions): Router {
  const router = Router({ caseSensitive: true });
  router.use(['/hls', '/media'], (request, response, next) => {
    allowOrigin(response, options.corsOrigin);
    if (request.method === 'OPTIONS') response.status(204).end();
    else next();
  });
  // Playlists shrink to a tenth; segments do not shrink at all.
  router.use('/hls', compression({ filter: () => true, threshold: 512 }));
  router.get('/hls/:slug/master.m3u8', (request, response) => {
    const live = options.packages.findBySlug(request.params.slug);
    const text = live?.multivariantPlaylist();
    if (live === undefined || text === undefined) throw new BroadcastNotLive(request.params.slug);
    options.viewers.seen(live.broadcastId, request);
    sendPlaylist(response, text);
  });
  router.get('/hls/:slug/:rendition/index.m3u8', (request, response) => {
    const live = options.packages.findBySlug(request.params.slug);
    const text = live?.mediaPlaylist(request.params.rendition);
    if (live === undefined || text === undefined) throw new BroadcastNotLive(request.params.slug);
    options.viewers.seen(live.broadcastId, request);
    sendPlaylist(response, text);
  });
  router.get('/media/:broadcastId/:rendition/:file', (request, response) => {
    const { broadcastId, rendition, file } = request.params;
    const stored = MEDIA_FILE.test(file) ? options.packages.findById(broadcastId)?.findFile(`${rendition}/${file}`) : undefined;
    if (stored === undefined) throw new FileNotFound();
    sendMedia(request, response, stored, file);
  });
  return router;
}

function allowOrigin(response: Response, origin: string): void {
  response.set({
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Allow-Methods': 'GET, HEAD, OPTIONS',
    'Access-Control-Allow-Headers': 'Range',
    'Access-Control-Expose-Headers': 'Content-Length, Content-Range, Date',
    'Cross-Origin-Resource-Policy': origin === '*' ? 'cross-origin' : 'same-site',
  });
}

function sendPlaylist(response: Response, text: string): void {
  // A second of caching lets a CDN merge its viewers and delays nobody by more than the playlist's own step.
  response.set({ 'Content-Type': PLAYLIST_TYPE, 'Cache-Control': 'public, max-age=1' }).send(text);
}

function sendMedia(request: Request, response: Response, stored: StoredFile, name: string): void {
  response.set({ 'Content-Type': name.endsWith('.mp4') ? 'video/mp4' : 'video/iso.segment', 'Cache-Control': `public, max-age=${YEAR_SEC}, immutable` });
  if ('file' in stored) {
    // Between the look-up and the read, the window may have moved on; sendFile then answers 404.
    response.sendFile(stored.file, { acceptRanges: true, cacheControl: false, lastModified: false, etag: false });
    return;
  }
  response.set('Accept-Ranges', 'bytes');
  const range = request.range(stored.sizeBytes, { combine: true });
  if (range === -1) {
    response.set('Content-Range', `bytes */${stored.sizeBytes}`).status(416).end();
    return;
  }
  const part = Array.isArray(range) && range.length === 1 ? range[0] : undefined;
  if (part !== undefined) {
    const bytes = Buffer.concat(stored.buffers).subarray(part.start, part.end + 1);
    response.set('Content-Range', `bytes ${part.start}-${part.end}/${stored.sizeBytes}`).status(206);
    sendBuffers(request, response, [bytes]);
    return;
  }
  sendBuffers(request, response, stored.buffers);
}

/** Writes the packager's own buffers to the socket: nothing is joined or copied. */
function sendBuffers(request: Request, response: Response, buffers: Buffer[]): void {
  response.set('Content-Length', String(buffers.reduce((sum, buffer) => sum + buffer.length, 0)));
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  response.cork();
  for (const buffer of buffers) response.write(buffer);
  response.end();
}
