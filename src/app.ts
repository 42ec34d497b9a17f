import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Request } from 'express';
import { Accounts, accountsMigrations, accountsRoutes } from './accounts/index.js';
import { Channels, channelsMigrations, channelsRoutes, StreamKeys } from './channels/index.js';
import type { Config } from './config.js';
import { healthRoute, hlsRoutes, liveRoutes, pages, Viewers, WaitingRequests } from './deliver/index.js';
import type { LiveShow, LiveShows } from './deliver/index.js';
import { RtmpServer, WrongKeys } from './ingest/index.js';
import { Packager } from './packager/index.js';
import type { LivePackage } from './packager/index.js';
import { createHttpApp, Database, HttpServer, Lifecycle, messageOf, metricsHandler } from './platform/index.js';
import type { Component, Log } from './platform/index.js';
import { pictureRoutes, RecordingAccess, recordedPictures, Recordings, recordingsMigrations, recordingsRoutes, vodRoutes } from './recordings/index.js';
import { Broadcasts, createBroadcastStore, streamsMigrations } from './streams/index.js';
import type { Broadcast } from './streams/index.js';
import { Transcoder } from './transcode/index.js';
import type { Transcode } from './transcode/index.js';
import { WebRtc, whepRoutes, whipRoutes, WhipSessions } from './webrtc/index.js';

export interface AppOptions {
  config: Config;
  log: Log;
  version: string;
  /** Folder of the built web pages. */
  webFolder: string;
  /** The picture that stands in for a publisher who is away. */
  slateImage: string;
}

export interface App extends Component {
  /** TCP ports that it listens on; known after the start. */
  readonly ports: { http: number; rtmp: number; rtmps: number | undefined };
  hasAccounts(): Promise<boolean>;
  /** For tests: what runs for a channel that is live. */
  transcodeOf(slug: string): Transcode | undefined;
}

/** Without a setting: each takes a port, and docker-compose.yml publishes so many. */
const MAX_WEBRTC_WORKERS = 8;

/** Builds the rooms in the order of the media's path and joins them. Nothing runs before `start`. */
export function createApp(options: AppOptions): App {
  const { config, log } = options;
  const roomLog = (room: string): Log => log.child({ room });

  const database = new Database({
    url: config.database.url,
    dataDir: config.dataDir,
    migrations: { ...accountsMigrations, ...channelsMigrations, ...streamsMigrations, ...recordingsMigrations },
    log: roomLog('database'),
  });
  const { db } = database;
  const channels = new Channels({ db });
  const streamKeys = new StreamKeys({ db, log: roomLog('channels') });
  const accounts = new Accounts({ db, config: config.accounts, dataDir: config.dataDir, onRegistered: (tx, user) => channels.createFor(tx, user), log: roomLog('accounts') });

  const broadcasts = new Broadcasts({ store: createBroadcastStore(db), graceMs: config.streams.reconnectGraceSec * 1000, ownerEndHoldMs: config.streams.ownerEndHoldSec * 1000, log: roomLog('streams') });
  const wrongKeys = new WrongKeys({ perMinute: config.ingest.wrongKeysPerMinute });
  const rtmp = new RtmpServer({ config: config.ingest, bindAddress: config.http.bindAddress, streamKeys, broadcasts, wrongKeys, log });
  const transcoder = new Transcoder({ config: config.transcode, ffmpegPath: config.transcode.ffmpegPath || 'ffmpeg', dataDir: config.dataDir, slateImage: options.slateImage, log: roomLog('transcode') });
  const packager = new Packager({ config: config.packager, mediaDir: config.mediaDir, listKept: () => recordings.listIds(), log: roomLog('packager') });
  const recordings: Recordings = new Recordings({ db, config: config.recordings, mediaDir: config.mediaDir, readIndex: (id) => packager.readIndex(id), log: roomLog('recordings') });
  const recordingAccess = new RecordingAccess({ callers: accounts, dataDir: config.dataDir });
  const viewers = new Viewers();
  const waiting = new WaitingRequests({ maxPerBroadcast: config.deliver.maxWaitingRequests });
  const webrtc = new WebRtc({
    config: config.webrtc,
    bindAddress: config.http.bindAddress,
    workers: config.webrtc.workers || Math.min(availableParallelism(), MAX_WEBRTC_WORKERS),
    missing: config.webrtc.workerBin === '' ? 'there is no mediasoup worker: npm run setup says what it needs' : undefined,
    publishing: { maxBitrateKbps: config.ingest.maxBitrateKbps, maxFrameBytes: config.ingest.maxMessageKiB * 1024, idleTimeoutMs: config.ingest.idleTimeoutSec * 1000 },
    onWatching: (id, client, presentMs) => viewers.seen(id, { ip: client.ip, get: () => client.userAgent }, { presentMs }),
    log: roomLog('webrtc'),
  });
  const whip = new WhipSessions({ streamKeys, wrongKeys, broadcasts, receiver: webrtc, log: roomLog('webrtc') });

  streamKeys.on('streamKeyRevoked', (id) => broadcasts.endPublicationsOf(id, { code: 'key-revoked', message: 'the stream key was revoked' }));
  channels.on('updated', ({ id, title, ladder, latency }) => broadcasts.updateChannel(id, { title, ladder: ladder ?? undefined, latency }));
  const transcodes = joinMedia({ broadcasts, transcoder, packager, webrtc, viewers, log });

  const shows = showsOf({ broadcasts, transcodes, packager, webrtc });
  const app = createHttpApp({
    trustProxy: config.http.trustProxy,
    bare: [
      { path: '/', handler: hlsRoutes({ packages: packager, viewers, waiting, recordings, corsOrigin: config.deliver.corsOrigin }) },
      { path: '/', handler: vodRoutes({ recordings, access: recordingAccess, mediaDir: config.mediaDir, corsOrigin: config.deliver.corsOrigin }) },
      { path: '/', handler: pictureRoutes({ mediaDir: config.mediaDir, broadcasts: recordedPictures({ recordings, access: recordingAccess }), corsOrigin: config.deliver.corsOrigin }) },
      { path: '/health', handler: healthRoute({ checks: { database: () => database.check() }, optional: { webrtc: () => webrtc.problem } }) },
      { path: '/metrics', handler: metricsHandler([
        { name: 'tidemark_broadcasts', help: 'Broadcasts on air', read: () => broadcasts.list().length },
        { name: 'tidemark_viewers', help: 'Playback sessions', read: () => broadcasts.list().reduce((sum, broadcast) => sum + viewers.count(broadcast.id), 0) },
        { name: 'tidemark_webrtc_viewers', help: 'Viewers in real time', read: () => webrtc.viewers },
        { name: 'tidemark_waiting_requests', help: 'Low-latency requests that wait for the next part', read: () => waiting.count },
        { name: 'tidemark_rtmp_connections', help: 'Open RTMP connections', read: () => rtmp.connections },
        { name: 'tidemark_segment_memory_bytes', help: 'Live segments held in memory', read: () => packager.memoryBytes },
      ]) },
    ],
    routes: [
      { path: '/', handler: whepRoutes({
        audience: {
          admit: async (slug, wish) => {
            if (broadcasts.findBySlug(slug) === undefined) await channels.get(slug);
            return await webrtc.admit(slug, wish);
          },
        },
        corsOrigin: config.deliver.corsOrigin,
        iceServers: () => webrtc.iceServers(),
      }) },
      { path: '/', handler: whipRoutes({ sessions: whip, corsOrigin: config.deliver.corsOrigin, iceServers: () => webrtc.iceServers() }) },
      { path: '/api/v1', handler: accountsRoutes({ accounts, config: config.accounts }) },
      { path: '/api/v1', handler: channelsRoutes({ channels, streamKeys, callers: accounts }) },
      { path: '/api/v1', handler: recordingsRoutes({ recordings, access: recordingAccess, channels }) },
      { path: '/api/v1', handler: liveRoutes({
        shows,
        viewers,
        channels: {
          get: (slug) => channels.get(slug),
          checkOwner: async (slug, request) => void (await channels.getManaged(slug, await accounts.caller(request))),
        },
        server: async (request) => ({
          name: 'Tidemark',
          version: options.version,
          registration: config.accounts.registration,
          hasAccounts: await accounts.hasAccounts(),
          rtmp: publishUrls(request, config, rtmp),
        }),
      }) },
      { path: '/', handler: pages({ folder: options.webFolder }) },
    ],
    log: roomLog('http'),
  });
  const http = new HttpServer({ handler: app, bindAddress: config.http.bindAddress, port: config.http.port, log: roomLog('http') });

  // Readers before sources; the stop goes the other way round.
  const lifecycle = new Lifecycle({
    log,
    parts: [
      { name: 'database', component: database },
      { name: 'accounts', component: accounts },
      { name: 'packager', component: packager },
      { name: 'recordings', component: recordings },
      { name: 'recording-access', component: recordingAccess },
      { name: 'webrtc', component: webrtc },
      { name: 'transcoder', component: transcoder },
      { name: 'http', component: http },
      { name: 'broadcasts', component: broadcasts },
      { name: 'rtmp', component: rtmp },
      { name: 'whip', component: whip },
    ],
  });
  return {
    start: () => lifecycle.start(),
    stop: () => lifecycle.stop(),
    get ports() {
      return { http: http.port, rtmp: rtmp.port ?? config.ingest.port, rtmps: rtmp.tlsPort };
    },
    hasAccounts: () => accounts.hasAccounts(),
    transcodeOf: (slug) => {
      const broadcast = broadcasts.findBySlug(slug);
      return broadcast && transcodes.get(broadcast.id);
    },
  };
}

/** Every broadcast gets a transcode and a package; media flows publication → transcode → package. */
function joinMedia(rooms: { broadcasts: Broadcasts; transcoder: Transcoder; packager: Packager; webrtc: WebRtc; viewers: Viewers; log: Log }): Map<string, Transcode> {
  const transcodes = new Map<string, Transcode>();
  rooms.broadcasts.on('started', (broadcast) => {
    const transcode = rooms.transcoder.open(broadcast);
    const live = rooms.packager.open({ id: broadcast.id, channel: broadcast.channel, epochMs: transcode.epochMs });
    transcodes.set(broadcast.id, transcode);
    feed(broadcast, transcode);
    pack(broadcast, transcode, live);
    sendInRealTime(rooms, broadcast, transcode);
    broadcast.on('ended', () => {
      transcodes.delete(broadcast.id);
      rooms.webrtc.close(broadcast.id);
      void rooms.transcoder.close(transcode).then(() => {
        rooms.packager.close(live);
        rooms.viewers.forget(broadcast.id);
      }).catch((error: unknown) => rooms.log.error('a broadcast could not be closed', { broadcast: broadcast.id, error: messageOf(error), fault: 'bug' }));
    });
  });
  return transcodes;
}

function feed(broadcast: Broadcast, transcode: Transcode): void {
  broadcast.on('attached', () => transcode.attach());
  broadcast.on('media', (media) => transcode.push(media));
  broadcast.on('detached', () => void transcode.detach());
  transcode.on('failed', (reason) => broadcast.end({ code: 'media-refused', message: reason }));
}

function pack(broadcast: Broadcast, transcode: Transcode, live: LivePackage): void {
  transcode.on('take', (take) => live.startTake(take));
  transcode.on('media', (media) => live.push(media));
  transcode.on('takeFinished', () => live.finishTake());
  let isSlate = false;
  transcode.on('take', (take) => { isSlate = take.isSlate ?? false; });
  live.on('playable', () => broadcast.markLive());
  // A broadcast that is continued is live from its first new segment on.
  live.on('segment', () => {
    if (live.isPlayable && !isSlate) broadcast.markLive();
  });
}

function sendInRealTime({ webrtc, transcoder, log }: { webrtc: WebRtc; transcoder: Transcoder; log: Log }, broadcast: Broadcast, transcode: Transcode): void {
  const { id, channel } = broadcast;
  const live = webrtc.open({
    id,
    slug: channel.slug,
    epochMs: transcode.epochMs,
    facts: () => broadcast.meter.facts(),
    openOpus: (config, onPacket) => transcoder.openOpus(config, onPacket, log.child({ room: 'transcode', broadcast: id, channel: channel.slug })),
  });
  if (live === undefined) return;
  transcode.on('take', (take) => live.startTake(take));
  transcode.on('media', (media) => live.push(media));
  transcode.on('opus', (media) => live.pushOpus(media));
}

function showsOf(rooms: { broadcasts: Broadcasts; transcodes: Map<string, Transcode>; packager: Packager; webrtc: WebRtc }): LiveShows {
  const { broadcasts, transcodes, packager, webrtc } = rooms;
  const showOf = (broadcast: Broadcast): LiveShow => ({
    id: broadcast.id,
    channel: broadcast.channel,
    startedAt: broadcast.startedAt,
    state: broadcast.state,
    isPlayable: packager.findById(broadcast.id)?.isPlayable ?? false,
    publication: broadcast.publication,
    source: () => broadcast.meter.facts(),
    realTime: () => ({ isPossible: webrtc.isPossible(broadcast.id), note: webrtc.noteOf(broadcast.id) }),
    renditions: () => packager.findById(broadcast.id)?.facts() ?? [],
    encode: () => {
      const status = transcodes.get(broadcast.id)?.status();
      return {
        ladder: status?.ladder ?? 'auto',
        renditions: status?.plan?.renditions ?? [],
        dropped: status?.dropped ?? [],
        notes: status?.plan?.notes ?? [],
        restarts: status?.restarts ?? 0,
        encode: status?.encode,
      };
    },
    end: () => broadcast.end({ code: 'ended-by-owner', message: 'the stream was ended in the studio' }),
  });
  return {
    findBySlug: (slug) => {
      const broadcast = broadcasts.findBySlug(slug.toLowerCase());
      return broadcast && showOf(broadcast);
    },
    list: () => broadcasts.list().map(showOf),
  };
}

/** Where encoders publish to, as seen from whoever asks. */
function publishUrls(request: Request, config: Config, rtmp: RtmpServer): { url: string; tlsUrl?: string } {
  const host = config.http.publicUrl === '' ? request.hostname : new URL(config.http.publicUrl).hostname;
  const at = (scheme: string, port: number, usual: number): string => `${scheme}://${host}${port === usual ? '' : `:${port}`}/live`;
  const url = at('rtmp', rtmp.port ?? config.ingest.port, 1935);
  return rtmp.tlsPort === undefined ? { url } : { url, tlsUrl: at('rtmps', rtmp.tlsPort, 443) };
}

/** Where the built pages are, seen from the built program. */
export function builtWebFolder(programFolder: string): string {
  return path.join(programFolder, 'web');
}
