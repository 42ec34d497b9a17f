import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Request } from 'express';
import { Accounts, accountsMigrations, accountsRoutes } from './accounts/index.js';
import { filesAtEnd, openPermanentArchive, openPins, signFiles, signFromDisk } from './app-archive.js';
import { picture, picturedBroadcasts, uploadedRecordings } from './app-recordings.js';
import type { PictureRooms } from './app-recordings.js';
import { archiveMigrations, archiveRoutes, BlockStore, gatewayRoutes, Manifests, SigningKeys } from './archive/index.js';
import type { LastFile } from './archive/index.js';
import { ChannelPeople, Channels, channelsMigrations, channelsRoutes, peopleRoutes, publishingChannelOf, SlatePictures, StreamKeys } from './channels/index.js';
import { Chat, chatMigrations } from './chat/index.js';
import type { Config } from './config.js';
import { healthRoute, hlsRoutes, liveRoutes, pages, Viewers, WaitingRequests } from './deliver/index.js';
import type { LiveShow, LiveShows } from './deliver/index.js';
import { chunkRoutes, Preparation, RtmpServer, tusRoutes, UploadFolder, uploadRoutes, Uploads, uploadsMigrations, WrongKeys } from './ingest/index.js';
import { Packager } from './packager/index.js';
import type { BroadcastIndex, LivePackage } from './packager/index.js';
import { createHttpApp, Database, HttpServer, Lifecycle, messageOf, metricsHandler, PendingWork, RedisConnection } from './platform/index.js';
import type { Component, Log } from './platform/index.js';
import {
  clipFileRoutes, clipRoutes, Clips, ClipSources, freeBytesOf, GIB, PictureMaker, pictureRoutes, RecordingAccess, recordedPictures,
  Recordings, recordingsMigrations, recordingsRoutes, vodRoutes,
} from './recordings/index.js';
import { Broadcasts, createBroadcastStore, streamsMigrations } from './streams/index.js';
import type { Broadcast } from './streams/index.js';
import { Transcoder } from './transcode/index.js';
import type { ResumedTranscode, Transcode } from './transcode/index.js';
import { WebRtc, whepRoutes, whipRoutes, WhipSessions } from './webrtc/index.js';

export interface AppOptions {
  config: Config;
  log: Log;
  version: string;
  /** Folder of the built web pages. */
  webFolder: string;
  /** The picture that stands in for a publisher who is away, of channels that have none of their own. */
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

/** Addresses that take gigabytes, over whatever line. */
const UPLOADED_TO = /^\/api\/v1\/(?:uploads|broadcasts\/[^/]+\/chunks)\b/;

/** What a broadcast's media passes. */
interface MediaRooms extends PictureRooms {
  /** Broadcasts that have ended and are being put away. */
  closing: PendingWork;
  broadcasts: Broadcasts;
  /** What is on the disk of broadcasts that are about to go on. */
  returning: Map<string, BroadcastIndex>;
  transcoder: Transcoder;
  packager: Packager;
  webrtc: WebRtc;
  viewers: Viewers;
  recordings: Recordings;
  manifests: Manifests;
  lastFiles: (broadcast: { id: string; channelId: string }) => Promise<LastFile[]>;
}

/** Builds the rooms in the order of the media's path and joins them. Nothing runs before `start`. */
export function createApp(options: AppOptions): App {
  const { config, log } = options;
  const roomLog = (room: string): Log => log.child({ room });

  const database = new Database({
    url: config.database.url,
    dataDir: config.dataDir,
    migrations: { ...accountsMigrations, ...channelsMigrations, ...streamsMigrations, ...recordingsMigrations, ...chatMigrations, ...uploadsMigrations, ...archiveMigrations },
    log: roomLog('database'),
  });
  const { db } = database;
  const redis = config.redis.url === '' ? undefined : new RedisConnection({ url: config.redis.url, log: roomLog('redis') });
  const channels = new Channels({ db });
  const people = new ChannelPeople({ db });
  const streamKeys = new StreamKeys({ db, log: roomLog('channels') });
  const ffmpegPath = config.transcode.ffmpegPath || 'ffmpeg';
  const slates = new SlatePictures({ folder: path.join(config.dataDir, 'slates'), defaultImage: options.slateImage, ffmpegPath, log: roomLog('channels') });
  const accounts = new Accounts({ db, config: config.accounts, dataDir: config.dataDir, onRegistered: (tx, user) => channels.createFor(tx, user), log: roomLog('accounts') });

  const store = createBroadcastStore(db);
  const returning = new Map<string, BroadcastIndex>();
  const broadcasts = new Broadcasts({
    store,
    graceMs: config.streams.reconnectGraceSec * 1000,
    ownerEndHoldMs: config.streams.ownerEndHoldSec * 1000,
    findReturning: async ({ id }) => {
      const index = await packager.readIndex(id);
      const channel = index && mayGoOn(index, config.streams.resumeWithinSec * 1000) ? await channels.find(index.slug) : undefined;
      if (index === undefined || channel === undefined) return undefined;
      returning.set(id, index);
      return publishingChannelOf(channel);
    },
    onLeftEnded: async (left) => {
      await recordings.complete(left.id);
      closing.add(signFromDisk({ manifests, packager, lastFiles }, left).catch((error: unknown) => log.error('what was left is not signed', { broadcast: left.id, error: messageOf(error) })));
    },
    log: roomLog('streams'),
  });
  const wrongKeys = new WrongKeys({ perMinute: config.ingest.wrongKeysPerMinute });
  const rtmp = new RtmpServer({ config: config.ingest, bindAddress: config.http.bindAddress, streamKeys, broadcasts, wrongKeys, log });
  const transcoder = new Transcoder({ config: config.transcode, ffmpegPath, dataDir: config.dataDir, slateImages: (channelId) => slates.imagesOf(channelId), log: roomLog('transcode') });
  const listLive = async (): Promise<string[]> => (await store.listLive()).map(({ id }) => id);
  const listKept = async (): Promise<string[]> => [...await listLive(), ...await recordings.listIds()];
  const packager = new Packager({ config: config.packager, mediaDir: config.mediaDir, listKept, log: roomLog('packager') });
  const recordings: Recordings = new Recordings({
    db,
    config: config.recordings,
    mediaDir: config.mediaDir,
    readIndex: (id) => packager.readIndex(id),
    // What cannot go on is completed when it is ended, a moment later.
    listResumed: listLive,
    listNeeded: () => permanent.archive.receipts.listNeeded(),
    log: roomLog('recordings'),
  });
  packager.on('writeFailed', () => void recordings.makeRoom());
  const signingKeys = new SigningKeys({ db, keySecret: config.archive.keySecret, dataDir: config.dataDir, log: roomLog('archive') });
  const isOnAir = (id: string): boolean => packager.findById(id)?.hasEnded === false;
  const blocks = new BlockStore({
    db,
    mediaDir: config.mediaDir,
    isPublic: async (id) => isOnAir(id) || ((await recordings.find(id))?.visibility ?? 'private') !== 'private',
    listKept,
    log: roomLog('archive'),
  });
  const manifests = new Manifests({ keys: signingKeys, blocks, mediaDir: config.mediaDir, everyMs: config.archive.signEverySec * 1000, log: roomLog('archive') });
  const lastFiles = (broadcast: { id: string; channelId: string }): Promise<LastFile[]> => filesAtEnd({ recordings, chat, log }, broadcast);
  const pins = openPins({ db, config: config.archive.ipfs, blocks, manifests, recordings, log: roomLog('archive') });
  const recordingAccess = new RecordingAccess({ callers: accounts, dataDir: config.dataDir });
  const permanent = openPermanentArchive({ db, config: config.archive.arweave, mediaDir: config.mediaDir, accounts, channels, people, packager, recordings, access: recordingAccess, manifests, keys: signingKeys, pins, log: roomLog('archive') });
  const pictureMaker = new PictureMaker({ ffmpegPath });
  const clips = new Clips({ db, config: config.recordings, mediaDir: config.mediaDir, pictureMaker, ffmpegPath, log: roomLog('recordings') });
  const clipSources = new ClipSources({
    recordings,
    access: recordingAccess,
    isLive: (id) => broadcasts.list().some((broadcast) => broadcast.id === id),
    dvrSec: config.packager.dvrSec,
    readIndex: (id) => packager.readIndex(id),
  });
  const uploadFolder = new UploadFolder(path.join(config.mediaDir, 'uploads'));
  const preparation = new Preparation({
    db,
    folder: uploadFolder,
    transcoder,
    recordings: uploadedRecordings({ packager, recordings, store, sign: (recording) => signFromDisk({ manifests, packager, lastFiles }, recording), pictures: { maker: pictureMaker, mediaDir: config.mediaDir }, log }),
    checkRoom: (neededBytes) => uploads.checkRoom(neededBytes),
    log: roomLog('ingest'),
  });
  const uploads: Uploads = new Uploads({
    db,
    config: config.ingest.upload,
    folder: uploadFolder,
    freeBytes: () => freeBytesOf(config.mediaDir),
    minFreeBytes: config.recordings.minFreeGiB * GIB,
    onQueued: () => preparation.wake(),
    onRemoved: (id) => preparation.cancel(id),
    log: roomLog('ingest'),
  });
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

  const broadcastOf = (channelId: string): Broadcast | undefined => broadcasts.list().find(({ channel }) => channel.id === channelId);
  const chat = new Chat({
    db,
    config: config.chat,
    dataDir: config.dataDir,
    trustProxy: config.http.trustProxy,
    redis,
    channels,
    accounts,
    roles: people,
    replays: {
      channelOf: async (id, request) => {
        const recording = await recordings.get(id);
        await recordingAccess.checkReadable(recording, request);
        return recording.channel.slug;
      },
    },
    shows: {
      broadcastId: (channelId) => broadcastOf(channelId)?.id,
      viewers: (channelId) => viewers.count(broadcastOf(channelId)?.id ?? ''),
      onAir: () => broadcasts.list().map(({ channel }) => channel.id),
    },
    log: roomLog('chat'),
  });

  people.on('changed', ({ channelId, userId }) => chat.personChanged(channelId, userId));
  broadcasts.on('started', (broadcast) => {
    chat.showChanged(broadcast.channel, 'stream-started', broadcast.id);
    broadcast.on('ended', () => chat.showChanged(broadcast.channel, 'stream-ended', broadcast.id));
  });
  streamKeys.on('streamKeyRevoked', (id) => broadcasts.endPublicationsOf(id, { code: 'key-revoked', message: 'the stream key was revoked' }));
  channels.on('updated', (channel) => broadcasts.updateChannel(channel.id, publishingChannelOf(channel)));
  const closing = new PendingWork();
  const transcodes = joinMedia({ closing, broadcasts, returning, transcoder, packager, webrtc, viewers, recordings, manifests, lastFiles, pictures: { maker: pictureMaker, mediaDir: config.mediaDir }, log });

  slates.on('changed', (channelId) => {
    const broadcast = broadcastOf(channelId);
    if (broadcast !== undefined) transcodes.get(broadcast.id)?.refreshSlate();
  });

  const shows = showsOf({ broadcasts, transcodes, packager, webrtc, dvrSec: config.packager.dvrSec });
  const app = createHttpApp({
    trustProxy: config.http.trustProxy,
    pagesMayFetch: config.archive.ipfs.gatewayUrls.map((url) => new URL(url).origin),
    bare: [
      { path: '/', handler: hlsRoutes({ packages: packager, viewers, waiting, recordings, corsOrigin: config.deliver.corsOrigin }) },
      { path: '/', handler: vodRoutes({ recordings, access: recordingAccess, mediaDir: config.mediaDir, corsOrigin: config.deliver.corsOrigin }) },
      { path: '/', handler: clipFileRoutes({ clips, corsOrigin: config.deliver.corsOrigin }) },
      { path: '/', handler: pictureRoutes({ mediaDir: config.mediaDir, broadcasts: picturedBroadcasts(packager, recordedPictures({ recordings, access: recordingAccess })), corsOrigin: config.deliver.corsOrigin }) },
      { path: '/', handler: gatewayRoutes({ store: blocks, corsOrigin: config.deliver.corsOrigin }) },
      { path: '/health', handler: healthRoute({ checks: { database: () => database.check() }, optional: { webrtc: () => webrtc.problem, ...(redis === undefined ? {} : { redis: () => redis.isReady ? undefined : 'redis does not answer' }) } }) },
      { path: '/metrics', handler: metricsHandler([
        { name: 'tidemark_broadcasts', help: 'Broadcasts on air', read: () => broadcasts.list().length },
        { name: 'tidemark_viewers', help: 'Playback sessions', read: () => broadcasts.list().reduce((sum, broadcast) => sum + viewers.count(broadcast.id), 0) },
        { name: 'tidemark_webrtc_viewers', help: 'Viewers in real time', read: () => webrtc.viewers },
        { name: 'tidemark_waiting_requests', help: 'Low-latency requests that wait for the next part', read: () => waiting.count },
        { name: 'tidemark_rtmp_connections', help: 'Open RTMP connections', read: () => rtmp.connections },
        { name: 'tidemark_chat_connections', help: 'Open chat connections', read: () => chat.connections },
        { name: 'tidemark_segment_memory_bytes', help: 'Live segments held in memory', read: () => packager.memoryBytes },
        ...permanent.archive.measures,
        ...(redis === undefined ? [] : [{ name: 'tidemark_redis_up', help: '1 while Redis answers', read: () => Number(redis.isReady) }]),
      ], [
        { name: 'tidemark_chat_messages_total', help: 'Chat messages by outcome: ok, or why they were refused', label: 'outcome', read: () => chat.messages },
        { name: 'tidemark_chat_refusals_total', help: 'Chat requests refused, by the code of the answer', label: 'code', read: () => chat.refusals },
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
      { path: '/api/v1', handler: channelsRoutes({ channels, streamKeys, slates, callers: accounts }) },
      { path: '/api/v1', handler: peopleRoutes({ channels, people, callers: accounts }) },
      { path: '/', handler: chat.routes() },
      { path: '/api/v1', handler: recordingsRoutes({ recordings, access: recordingAccess, channels }) },
      { path: '/api/v1', handler: clipRoutes({ clips, sources: clipSources, callers: accounts, channels }) },
      { path: '/api/v1', handler: archiveRoutes({
        manifests,
        keys: signingKeys,
        channels: {
          get: (slug) => channels.get(slug),
          getManaged: async (slug, request) => channels.getManaged(slug, await accounts.caller(request)),
        },
        checkAccess: async (id, request) => {
          if (!isOnAir(id)) await recordingAccess.checkReadable(await recordings.get(id), request);
        },
      }) },
      { path: '/api/v1', handler: permanent.routes },
      { path: '/api/v1', handler: tusRoutes({ uploads, folder: uploadFolder, callers: accounts, channels }) },
      { path: '/api/v1', handler: chunkRoutes({ uploads, folder: uploadFolder, config: config.ingest.upload, callers: accounts, channels }) },
      { path: '/api/v1', handler: uploadRoutes({ uploads, callers: accounts, channels }) },
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
          ipfsGateways: config.archive.ipfs.gatewayUrls,
        }),
      }) },
      { path: '/', handler: pages({ folder: options.webFolder }) },
    ],
    log: roomLog('http'),
  });
  const http = new HttpServer({ handler: app, bindAddress: config.http.bindAddress, port: config.http.port, isLong: ({ url = '' }) => UPLOADED_TO.test(url), log: roomLog('http') });

  http.share((server) => chat.attach(server));

  // Readers before sources; the stop goes the other way round.
  const lifecycle = new Lifecycle({
    log,
    parts: [
      { name: 'database', component: database },
      { name: 'accounts', component: accounts },
      { name: 'slates', component: slates },
      { name: 'signing keys', component: signingKeys },
      { name: 'packager', component: packager },
      { name: 'recordings', component: recordings },
      { name: 'recording-access', component: recordingAccess },
      { name: 'blocks', component: blocks },
      { name: 'pins', component: pins },
      { name: 'permanent archive', component: permanent.archive },
      { name: 'clips', component: clips },
      { name: 'ended broadcasts', component: closing },
      { name: 'webrtc', component: webrtc },
      { name: 'transcoder', component: transcoder },
      { name: 'uploads', component: uploads },
      { name: 'preparation', component: preparation },
      ...(redis === undefined ? [] : [{ name: 'redis', component: redis }]),
      { name: 'chat', component: chat },
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
function joinMedia(rooms: MediaRooms): Map<string, Transcode> {
  const transcodes = new Map<string, Transcode>();
  rooms.broadcasts.on('stored', ({ id, channel, startedAt }) => {
    if (!channel.isRecorded) return;
    void rooms.recordings.begin({ id, channelId: channel.id, title: channel.title, startedAt }).catch((error: unknown) => rooms.log.error('a broadcast is not recorded', { broadcast: id, error: messageOf(error) }));
  });
  rooms.broadcasts.on('started', (broadcast) => {
    const index = rooms.returning.get(broadcast.id);
    rooms.returning.delete(broadcast.id);
    const transcode = rooms.transcoder.open(broadcast, index && resumedTranscode(index));
    const live = rooms.packager.open({ id: broadcast.id, channel: broadcast.channel, epochMs: transcode.epochMs, isRecorded: broadcast.channel.isRecorded }, index);
    transcodes.set(broadcast.id, transcode);
    feed(broadcast, transcode);
    pack(broadcast, transcode, live);
    sendInRealTime(rooms, broadcast, transcode);
    const pictures = picture(rooms, { id: broadcast.id, slug: broadcast.channel.slug }, live, slateWatch(transcode));
    const manifest = signFiles(rooms.manifests, { id: broadcast.id, channel: broadcast.channel, epochMs: transcode.epochMs }, live, index);
    broadcast.on('ended', ({ code }) => {
      transcodes.delete(broadcast.id);
      rooms.webrtc.close(broadcast.id);
      rooms.closing.add(rooms.transcoder.close(transcode).then(async () => {
        // A broadcast that goes on after a restart has not ended for its viewers.
        if (code === 'shutdown') return void await Promise.all([manifest.suspend(), (await pictures).close()]);
        rooms.packager.close(live);
        rooms.viewers.forget(broadcast.id);
        await (await pictures).finish();
        await live.settled();
        await rooms.recordings.complete(broadcast.id, live.lastNumber === undefined ? {} : { lastNumber: live.lastNumber });
        await manifest.finish(await rooms.lastFiles({ id: broadcast.id, channelId: broadcast.channel.id }));
      }).catch((error: unknown) => rooms.log.error('a broadcast could not be closed', { broadcast: broadcast.id, error: messageOf(error), fault: 'bug' })));
    });
  });
  return transcodes;
}

/** Whether a broadcast that an earlier run of the server began may go on: its end is not long ago. */
function mayGoOn(index: BroadcastIndex, withinMs: number): boolean {
  const endMs = index.epochMs + endOf(index);
  return !index.hasEnded && index.renditions.some(({ segments }) => segments.length > 0) && Date.now() - endMs < withinMs;
}

/** On the broadcast's clock, ms. */
function endOf({ renditions }: BroadcastIndex): number {
  return Math.max(0, ...renditions.flatMap(({ segments }) => segments.at(-1) ?? []).map(({ startMs, durationMs }) => startMs + durationMs));
}

function resumedTranscode(index: BroadcastIndex): ResumedTranscode {
  const last = index.takes.findLast(({ isSlate }) => !isSlate);
  const formats = index.renditions.flatMap(({ name, inits }) => {
    const config = inits.get(last?.number ?? -1);
    return config === undefined ? [] : [{ rendition: name, config }];
  });
  return { takes: Math.max(0, ...index.takes.map(({ number }) => number + 1)), endMs: endOf(index), formats };
}

function feed(broadcast: Broadcast, transcode: Transcode): void {
  broadcast.on('attached', () => transcode.attach());
  broadcast.on('media', (media) => transcode.push(media));
  broadcast.on('detached', () => void transcode.detach());
  transcode.on('failed', (reason) => broadcast.end({ code: 'media-refused', message: reason }));
}

/** Tells whether what comes out of a transcode stands in for the streamer. */
function slateWatch(transcode: Transcode): () => boolean {
  let isSlate = false;
  transcode.on('take', (take) => { isSlate = take.isSlate ?? false; });
  return () => isSlate;
}

function pack(broadcast: Broadcast, transcode: Transcode, live: LivePackage): void {
  transcode.on('take', (take) => live.startTake(take));
  transcode.on('media', (media) => live.push(media));
  transcode.on('takeFinished', () => live.finishTake());
  const isSlate = slateWatch(transcode);
  live.on('playable', () => broadcast.markLive());
  // A broadcast that is continued is live from its first new segment on.
  live.on('segment', () => {
    if (live.isPlayable && !isSlate()) broadcast.markLive();
  });
}

function sendInRealTime({ webrtc, transcoder, log }: { webrtc: WebRtc; transcoder: Transcoder; log: Log }, broadcast: Broadcast, transcode: Transcode): void {
  const { id, channel } = broadcast;
  const live = webrtc.open({
    id,
    slug: channel.slug,
    epochMs: transcode.epochMs,
    facts: () => broadcast.meter.facts(),
    publicationId: () => broadcast.publication?.id,
    openOpus: (config, onPacket) => transcoder.openOpus(config, onPacket, log.child({ room: 'transcode', broadcast: id, channel: channel.slug })),
  });
  if (live === undefined) return;
  transcode.on('take', (take) => live.startTake(take));
  transcode.on('media', (media) => live.push(media));
  transcode.on('opus', (media) => live.pushOpus(media));
}

function showsOf(rooms: { broadcasts: Broadcasts; transcodes: Map<string, Transcode>; packager: Packager; webrtc: WebRtc; dvrSec: number }): LiveShows {
  const { broadcasts, transcodes, packager, webrtc } = rooms;
  const showOf = (broadcast: Broadcast): LiveShow => ({
    id: broadcast.id,
    channel: broadcast.channel,
    startedAt: broadcast.startedAt,
    state: broadcast.state,
    dvrSec: rooms.dvrSec,
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
