import { Router } from 'express';
import type { Request, Response } from 'express';
import { crossOrigin } from '../../platform/index.js';
import { BroadcastNotLive } from '../../streams/index.js';
import { FileNotFound, PlaylistStalled } from '../errors.js';
import type { HlsPackage, HlsPackages, PlaylistEdge, StoredFile } from '../live.js';
import { sendMedia } from './media-answer.js';
import { PlaylistBodies } from './playlist-bodies.js';
import { checkDistance, isReached, readPlaylistRequest } from './playlist-request.js';
import type { PlaylistRequest } from './playlist-request.js';
import type { Viewers } from '../viewers.js';
import type { WaitingRequests } from './waiting-requests.js';

export interface HlsRoutesOptions {
  packages: HlsPackages;
  viewers: Viewers;
  waiting: WaitingRequests;
  recordings?: RecordedFiles;
  corsOrigin: string;
}

/** Files of broadcasts that are over. */
export interface RecordedFiles {
  /** @param name such as `720p/12.m4s`. */
  findFile(broadcastId: string, name: string): Promise<StoredFile | undefined>;
}

const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
/** Names that the packager makes; nothing else reaches the store, and nothing has two of them. */
const MEDIA_FILE = /^(?:(?:0|[1-9]\d{0,8})\.m4s|init-(?:0|[1-9]\d{0,5})\.mp4)$/;
const RENDITION = /^[0-9a-z]{1,16}$/;
const PART_FILE = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,3})\.m4s$/;
/** RFC 8216bis §6.2.5.2: a request that was blocked for three target durations is given up. */
const LONGEST_WAIT_TARGETS = 3;

/** Playlists under /hls/<slug>/, segments and their parts under /media/<broadcastId>/<rendition>/. */
export function hlsRoutes(options: HlsRoutesOptions): Router {
  const { packages, viewers, waiting } = options;
  const bodies = new PlaylistBodies();
  // One address for each thing: caches in front merge those who want the same.
  const router = Router({ caseSensitive: true, strict: true });
  router.use(['/hls', '/media'], crossOrigin({ origin: options.corsOrigin, headers: ['Range'] }));
  const getLive = (slug: string): HlsPackage => {
    const live = packages.findBySlug(slug);
    if (live === undefined) throw new BroadcastNotLive(slug);
    return live;
  };
  const sendMultivariant = (request: Request<{ slug: string }>, response: Response): void => {
    const slug = request.params.slug.toLowerCase();
    const live = getLive(slug);
    const isDvr = isOfDvr(request);
    const text = live.multivariantPlaylist({ isDvr });
    if (text === undefined) throw new BroadcastNotLive(slug);
    if (!live.hasEnded) viewers.seen(live.broadcastId, request);
    sendPlaylist(request, response, bodies.get(live, isDvr ? '+dvr' : '', text, { isGzip: takesGzip(request) }), { maxAgeSec: 1 });
  };
  const sendMediaPlaylist = async (request: Request<{ slug: string; rendition: string }>, response: Response): Promise<void> => {
    const slug = request.params.slug.toLowerCase();
    const { rendition } = request.params;
    const live = getLive(slug);
    const asked = readPlaylistRequest(request.query);
    const edge = getEdge(live, rendition, slug);
    // Players ask once more to learn of the end: that is no viewer.
    if (!edge.hasEnded) viewers.seen(live.broadcastId, request, { targetDurationSec: edge.targetDurationSec });
    if (!isReached(edge, asked)) await waitForPlaylist({ live, rendition, asked, edge, waiting, response });
    const isDvr = isOfDvr(request);
    const text = response.destroyed ? undefined : live.mediaPlaylist(rendition, { isDelta: asked.isDelta, isDvr });
    if (text === undefined) return void response.destroy();
    const body = bodies.get(live, `${rendition}${asked.isDelta ? '+' : ''}${isDvr ? '+dvr' : ''}`, text, { isGzip: takesGzip(request) });
    const isFixed = asked.msn !== undefined && !live.hasEnded;
    sendPlaylist(request, response, body, { maxAgeSec: isFixed ? edge.targetDurationSec : 1 });
  };
  for (const file of ['master', 'dvr'] as const) router.get(`/hls/:slug/${file}.m3u8`, sendMultivariant);
  for (const file of ['index', 'dvr'] as const) router.get(`/hls/:slug/:rendition/${file}.m3u8`, sendMediaPlaylist);
  router.get('/media/:broadcastId/:rendition/:file', async (request, response) => {
    const { broadcastId, rendition, file } = request.params;
    const live = packages.findById(broadcastId);
    const part = PART_FILE.exec(file);
    const isWhole = MEDIA_FILE.test(file) && RENDITION.test(rendition);
    const stored = live && part ? await waitForPart({ live, rendition, msn: Number(part[1]), index: Number(part[2]), waiting, response })
      : isWhole ? live?.findFile(`${rendition}/${file}`) ?? (await options.recordings?.findFile(broadcastId, `${rendition}/${file}`)) : undefined;
    if (stored === undefined) throw new FileNotFound();
    await sendMedia(request, response, stored, file);
  });
  return router;
}

/** Whether the playlist of all that can be rewound to is asked for. */
function isOfDvr(request: { path: string }): boolean {
  return request.path.endsWith('/dvr.m3u8');
}

function getEdge(live: HlsPackage, rendition: string, slug: string): PlaylistEdge {
  const edge = live.edge(rendition);
  if (edge === undefined) throw new BroadcastNotLive(slug);
  return edge;
}

interface Blocked {
  live: HlsPackage;
  rendition: string;
  waiting: WaitingRequests;
  response: Response;
}

/** Blocking playlist reload (RFC 8216bis §6.2.5.2). */
async function waitForPlaylist({ live, rendition, asked, edge, waiting, response }: Blocked & { asked: PlaylistRequest; edge: PlaylistEdge }): Promise<void> {
  checkDistance(edge, asked);
  const isOver = (): boolean => {
    const now = live.edge(rendition);
    return now === undefined || isReached(now, asked);
  };
  const waitSec = LONGEST_WAIT_TARGETS * edge.targetDurationSec;
  await waiting.wait(live, { key: `${rendition} ${asked.msn} ${asked.part}`, isOver, timeoutMs: waitSec * 1000, signal: goneSignal(response) });
  if (!isOver() && !response.destroyed) throw new PlaylistStalled(waitSec);
}

/** A part may be fetched as soon as a playlist hints at it, and is answered when it is there (RFC 8216bis §6.2.6). */
async function waitForPart({ live, rendition, msn, index, waiting, response }: Blocked & { msn: number; index: number }): Promise<StoredFile | undefined> {
  const find = (): StoredFile | 'coming' | undefined => live.findPart(rendition, msn, index);
  if (find() === 'coming') {
    const timeoutMs = LONGEST_WAIT_TARGETS * 1000 * (live.edge(rendition)?.targetDurationSec ?? 1);
    await waiting.wait(live, { key: `${rendition}/${msn}.${index}`, isOver: () => find() !== 'coming', timeoutMs, signal: goneSignal(response) });
  }
  const found = find();
  return found === 'coming' ? undefined : found;
}

function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

function takesGzip(request: Request): boolean {
  return request.acceptsEncodings('gzip') === 'gzip';
}

/**
 * What a request waited for never changes, but the next broadcast of the channel counts from zero again: caches keep
 * it for less than that broadcast needs to come that far. A second for the rest lets a CDN merge its viewers.
 */
function sendPlaylist(request: Request, response: Response, body: Buffer, { maxAgeSec }: { maxAgeSec: number }): void {
  response.set({ 'Content-Type': PLAYLIST_TYPE, 'Cache-Control': `public, max-age=${maxAgeSec}`, Vary: 'Accept-Encoding', 'Content-Length': String(body.length) });
  // The two bytes that every gzip file starts with (RFC 1952 §2.3.1); a playlist starts with #EXTM3U.
  if (body[0] === 0x1f && body[1] === 0x8b) response.set('Content-Encoding', 'gzip');
  response.end(request.method === 'HEAD' ? undefined : body);
}
