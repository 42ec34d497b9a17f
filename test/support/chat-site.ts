import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { Accounts } from '../../src/accounts/index.js';
import { ChannelPeople, Channels } from '../../src/channels/index.js';
import { Chat } from '../../src/chat/index.js';
import type { ChatOptions } from '../../src/chat/index.js';
import { loadConfig } from '../../src/config.js';
import type { Config } from '../../src/config.js';
import { createHttpApp, HttpServer } from '../../src/platform/index.js';
import type { Db } from '../../src/platform/index.js';
import { apiClient } from './api-client.js';
import { connectChat } from './chat-client.js';
import type { ChatClient } from './chat-client.js';
import { recordingLog } from './log.js';
import type { Cleanup } from './until.js';

export interface ChatSiteOptions {
  limits?: Partial<Config['chat']['limits']>;
  evidenceDays?: number;
  /** The show that is on air in every channel. */
  broadcastId?: string;
  replays?: ChatOptions['replays'];
  webhooks?: Config['chat']['webhooks'];
  /** How long an access token lasts. */
  tokenSec?: number;
  /** Playback sessions of every channel. */
  viewers?: () => number;
}

/** How somebody comes into a room. */
export interface Arrival {
  device?: string | undefined;
  /** As the proxy in front sees it; everybody has one of their own when nothing is said. */
  address?: string | undefined;
  channel?: string;
}

/** A member in the room, and what they know of themselves. */
export interface Guest extends ChatClient {
  id: string;
  token: string;
  name: string;
}

const PLENTY = { messages: 10_000, windowSec: 10 };
const ROOMY = { user: PLENTY, moderator: PLENTY, address: PLENTY, room: PLENTY, connectionsPerMin: 10_000, socketsPerAddress: 10_000, eventsPer10Sec: 10_000, tapsPerSec: 1_000 };

/** The chat of real accounts and channels behind real HTTP, on an empty database, with a clock that the test moves. */
export async function openChatSite(t: Cleanup, db: Db, options: ChatSiteOptions = {}) {
  await sql`delete from users`.execute(db);
  const clock = { now: new Date() };
  // No two moments are the same: what is listed by time has one order.
  const now = (): Date => (clock.now = new Date(clock.now.getTime() + 1));
  const log = recordingLog();
  const dataDir = mkdtempSync(path.join(tmpdir(), 'tidemark-chat-'));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  const channels = new Channels({ db });
  const people = new ChannelPeople({ db, now });
  const accounts = new Accounts({
    db, dataDir, log, now,
    config: { registration: 'open', jwtSecret: '', accessTokenMin: (options.tokenSec ?? 900) / 60, refreshTokenDays: 3_000 },
    onRegistered: (tx, user) => channels.createFor(tx, user),
  });
  const { chat: config } = loadConfig({ folder: path.resolve('config'), environment: {} });
  const chat = new Chat({
    db, dataDir, channels, accounts, log, now,
    config: { ...config, webhooks: options.webhooks ?? config.webhooks, evidenceDays: options.evidenceDays ?? config.evidenceDays, limits: { ...ROOMY, ...options.limits } },
    trustProxy: 1,
    redis: undefined,
    roles: people,
    shows: { broadcastId: () => options.broadcastId, viewers: options.viewers ?? (() => 0), onAir: () => [] },
    replays: options.replays ?? { channelOf: () => Promise.reject(new Error('no recordings here')) },
  });
  people.on('changed', ({ channelId, userId }) => chat.personChanged(channelId, userId));
  const server = new HttpServer({ handler: createHttpApp({ trustProxy: 1, routes: [{ path: '/', handler: chat.routes() }], log }), bindAddress: '127.0.0.1', port: 0, log });
  server.share((http) => chat.attach(http));
  t.after(() => server.stop());
  t.after(() => chat.stop());
  await accounts.start();
  await chat.start();
  await server.start();
  const url = `http://127.0.0.1:${server.port}`;

  /** A new account. */
  const register = async (name: string): Promise<{ id: string; token: string }> => {
    const { user, accessToken } = await accounts.register({ username: name, email: `${name}@example.org`, password: 'correct horse' });
    return { id: user.id, token: accessToken };
  };
  let arrivals = 0;
  /** Comes in as whoever holds the token, or as a reader. */
  const arrive = async (token: string | undefined, { channel = 'ada', address, device }: Arrival = {}): Promise<ChatClient> => {
    const client = await connectChat(t, { url, token, device, address: address ?? `10.${Math.trunc(++arrivals / 250)}.${arrivals % 250}.7` });
    await client.get('join-room', { channel });
    return client;
  };
  /** A new account that comes in. */
  const guest = async (name: string, arrival: Arrival = {}): Promise<Guest> => {
    const { id, token } = await register(name);
    return { ...(await arrive(token, arrival)), id, token, name };
  };
  return {
    db, url, api: apiClient(`${url}/api/v1`), clock, chat, channels, people, log, register, arrive, guest,
    /** Lets the server's clock run, ms. */
    pass: (ms: number) => { clock.now = new Date(clock.now.getTime() + ms); },
  };
}
export type ChatSite = Awaited<ReturnType<typeof openChatSite>>;
