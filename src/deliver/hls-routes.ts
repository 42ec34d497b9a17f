import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Router } from 'express';
import type { Request, Response } from 'express';
import compression from 'compression';
import { BroadcastNotLive } from '../streams/index.js';
import { FileNotFound, RangeNotSatisfiable } from './errors.js';
import type { HlsPackage, HlsPackages, StoredFile } from './live.js';
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
  const sendLive = (request: Request<{ slug: string }>, response: Response, textOf: (live: HlsPackage) => string | undefined): void => {
    const slug = request.params.slug.toLowerCase();
    const live = options.packages.findBySlug(slug);
    const text = live && textOf(live);
    if (live === undefined || text === undefined) throw new BroadcastNotLive(slug);
    // Players ask once more to learn of the end: that is no viewer.
    if (!live.hasEnded) options.viewers.seen(live.broadcastId, request, { targetDurationSec: targetDurationSecOf(text) });
    sendPlaylist(response, text);
  };
  router.get('/hls/:slug/master.m3u8', (request, response) => sendLive(request, response, (live) => live.multivariantPlaylist()));
  router.get('/hls/:slug/:rendition/index.m3u8', (request, response) => sendLive(request, response, (live) => live.mediaPlaylist(request.params.rendition)));
  router.get('/media/:broadcastId/:rendition/:file', async (request, response) => {
    const { broadcastId, rendition, file } = request.params;
    const stored = MEDIA_FILE.test(file) ? options.packages.findById(broadcastId)?.findFile(`${rendition}/${file}`) : undefined;
    if (stored === undefined) throw new FileNotFound();
    await sendMedia(request, response, stored, file);
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

/** How often players come back for this playlist; 0 for a multivariant one, which does not say. */
function targetDurationSecOf(playlist: string): number {
  return Number(/^#EXT-X-TARGETDURATION:(\d+)$/m.exec(playlist)?.[1] ?? 0);
}

function sendPlaylist(response: Response, text: string): void {
  // A second of caching lets a CDN merge its viewers and delays nobody by more than the playlist's own step.
  response.set({ 'Content-Type': PLAYLIST_TYPE, 'Cache-Control': 'public, max-age=1' }).send(text);
}

async function sendMedia(request: Request, response: Response, stored: StoredFile, name: string): Promise<void> {
  const requested = requestedPart(request, response, stored.sizeBytes);
  const part = requested ?? { start: 0, end: stored.sizeBytes - 1 };
  const file = 'file' in stored && request.method !== 'HEAD' ? await openFile(stored.file) : undefined;
  response.set({
    'Content-Type': name.endsWith('.mp4') ? 'video/mp4' : 'video/iso.segment',
    'Cache-Control': `public, max-age=${YEAR_SEC}, immutable`,
    'Accept-Ranges': 'bytes',
    'Content-Length': String(part.end - part.start + 1),
  });
  if (requested !== undefined) response.status(206).set('Content-Range', `bytes ${part.start}-${part.end}/${stored.sizeBytes}`);
  if (request.method === 'HEAD') response.end();
  else if (file !== undefined) await sendFile(response, file, part);
  else if ('buffers' in stored) sendBuffers(response, stored.buffers, part);
}

/** Byte positions, both included. */
interface Part {
  start: number;
  end: number;
}

/** One range is answered with 206; several, or what is no range, with the whole (RFC 9110 §14.2). */
function requestedPart(request: Request, response: Response, sizeBytes: number): Part | undefined {
  if (request.method !== 'GET' || !request.get('range')?.startsWith('bytes=')) return undefined;
  const ranges = request.range(sizeBytes, { combine: true });
  if (ranges === -1) {
    response.set('Content-Range', `bytes */${sizeBytes}`);
    throw new RangeNotSatisfiable(sizeBytes);
  }
  return Array.isArray(ranges) && ranges.length === 1 ? ranges[0] : undefined;
}

/** Between the look-up and the read, the window may have moved on. */
async function openFile(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (cause) {
    throw new FileNotFound({ cause });
  }
}

async function sendFile(response: Response, file: FileHandle, part: Part): Promise<void> {
  // A player that went away is no failure; a disk that fails in the middle has cut the connection already.
  await pipeline(file.createReadStream(part), response).catch(() => undefined);
}

/** Writes the packager's own buffers to the socket: nothing is joined or copied. */
function sendBuffers(response: Response, buffers: Buffer[], part: Part): void {
  response.cork();
  let at = 0;
  for (const buffer of buffers) {
    const piece = buffer.subarray(Math.max(0, part.start - at), Math.max(0, part.end + 1 - at));
    if (piece.length > 0) response.write(piece);
    at += buffer.length;
  }
  response.end();
}
