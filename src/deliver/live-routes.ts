import { Router } from 'express';
import type { Request } from 'express';
import { AddressLimiter } from '../platform/index.js';
import { adviseStreamer } from './advice.js';
import type { Latency, LiveShow, LiveShows } from './live.js';
import type { Viewers } from './viewers.js';

export interface LiveRoutesOptions {
  shows: LiveShows;
  viewers: Viewers;
  channels: {
    /** Throws for a channel that does not exist. */
    get(slug: string): Promise<{ latency: Latency }>;
    /** Throws unless the request comes from the owner or an admin. */
    checkOwner(slug: string, request: Request): Promise<void>;
  };
  server: (request: Request) => Promise<Record<string, unknown>>;
}

/** By one address: what the players that are counted behind it send, and as much again. */
const HEARTBEATS_PER_MINUTE = 1_200;

/** What is live, for pages, and the health of a broadcast, for its streamer. Mounted at /api/v1. */
export function liveRoutes(options: LiveRoutesOptions): Router {
  const { shows, viewers } = options;
  const heartbeats = new AddressLimiter({ attempts: HEARTBEATS_PER_MINUTE, windowSec: 60 });
  const router = Router();
  // Players measure how late they are with it: the clocks of viewers are wrong by seconds.
  router.get('/time', (_request, response) => {
    response.json({ nowMs: Date.now() });
  });
  router.get('/server', async (request, response) => {
    response.json(await options.server(request));
  });
  router.get('/live', (_request, response) => {
    const live = shows.list().filter((show) => show.isPlayable);
    response.json({ broadcasts: live.map((show) => ({ ...summary(show, viewers), channel: { slug: show.channel.slug, title: show.channel.title } })) });
  });
  router.get('/channels/:slug/live', async (request, response) => {
    const { slug } = request.params;
    const show = shows.findBySlug(slug);
    const { latency } = show?.channel.latency === undefined ? await options.channels.get(slug) : show.channel;
    response.json({ latency, ...(show === undefined ? { state: 'offline' } : publicState(show, viewers)) });
  });
  router.post('/channels/:slug/viewing', async (request, response) => {
    await heartbeats.take(request.ip);
    const { slug } = request.params;
    const show = shows.findBySlug(slug);
    if (show === undefined) await options.channels.get(slug);
    // One that has just ended is no fault of the player, which learns of it elsewhere.
    else viewers.seen(show.id, request);
    response.status(204).end();
  });
  router.get('/channels/:slug/health', async (request, response) => {
    await options.channels.checkOwner(request.params.slug, request);
    const show = shows.findBySlug(request.params.slug);
    response.json(show === undefined ? { state: 'offline', advice: [] } : health(show));
  });
  router.delete('/channels/:slug/broadcast', async (request, response) => {
    await options.channels.checkOwner(request.params.slug, request);
    shows.findBySlug(request.params.slug)?.end();
    response.status(204).end();
  });
  return router;
}

function summary(show: LiveShow, viewers: Viewers): Record<string, unknown> {
  return {
    id: show.id,
    startedAt: show.startedAt,
    viewers: viewers.count(show.id),
    thumbnail: `/pictures/${show.id}/latest.jpg`,
    storyboard: `/pictures/${show.id}/board.vtt`,
    playback: {
      hls: `/hls/${show.channel.slug}/master.m3u8`,
      ...(show.dvrSec > 0 ? { dvr: `/hls/${show.channel.slug}/dvr.m3u8`, dvrSec: show.dvrSec } : {}),
      ...(show.realTime().isPossible ? { whep: `/whep/${show.channel.slug}` } : {}),
    },
  };
}

function publicState(show: LiveShow, viewers: Viewers): Record<string, unknown> {
  const renditions = show.renditions();
  const state = publicStateOf(show);
  // A publisher that dropped before its first segment: there is nothing to wait for in a player.
  if (state === 'reconnecting' && !show.isPlayable) return { state };
  return {
    state,
    broadcast: {
      ...summary(show, viewers),
      renditions: renditions.filter((one) => !one.isDropped).map(({ name, kind, width, height, fps, bitrateKbps }) => ({ name, kind, width, height, fps, bitrateKbps })),
      droppedRenditions: renditions.filter((one) => one.isDropped).map((one) => one.name),
    },
  };
}

/** For who watches, a broadcast starts once: an encoder that is back, and has no new segment yet, still reconnects. */
function publicStateOf(show: LiveShow): LiveShow['state'] {
  return show.state === 'starting' && show.isPlayable ? 'reconnecting' : show.state;
}

function health(show: LiveShow): Record<string, unknown> {
  const source = show.source();
  const encode = show.encode();
  const { publication } = show;
  const facts = new Map(show.renditions().map((one) => [one.name, one]));
  return {
    state: show.state,
    publication: publication && {
      protocol: publication.protocol,
      encoder: publication.encoder,
      remoteAddress: publication.remoteAddress,
      connectedSec: Math.round((Date.now() - publication.startedAt.getTime()) / 1000),
    },
    source: sourceHealth(source),
    ladder: {
      mode: encode.ladder,
      renditions: encode.renditions.map(({ name, origin }) => {
        const one = facts.get(name);
        return { name, origin, kind: one?.kind, width: one?.width, height: one?.height, fps: one?.fps, kbps: one?.bitrateKbps ?? 0, segments: one?.segments ?? 0 };
      }),
      dropped: encode.dropped,
      notes: encode.notes,
    },
    realTime: { possible: show.realTime().isPossible, note: show.realTime().note },
    encode: { speed: encode.encode?.speed ?? 0, lagMs: Math.round(encode.encode?.lagMs ?? 0), restarts: encode.restarts },
    advice: adviseStreamer(source, encode),
  };
}

function sourceHealth(source: ReturnType<LiveShow['source']>): Record<string, unknown> | undefined {
  const { video, audio } = source;
  if (video === undefined && audio === undefined) return undefined;
  return {
    codec: video?.codec,
    codecString: video?.codecString,
    width: video?.width,
    height: video?.height,
    fps: Math.round(source.fps * 100) / 100,
    videoKbps: source.videoKbps,
    keyFrameIntervalSec: source.keyFrameIntervalSec ?? null,
    hasBFrames: source.hasBFrames,
    audio: audio && { codec: audio.codec, sampleRate: audio.sampleRate, channels: audio.channels, kbps: source.audioKbps },
  };
}
