import { io } from 'socket.io-client';
import type { Socket } from 'socket.io-client';
import type { Ack, ClientEvents, Reply, ServerEvents } from '../../src/chat/events.js';
import { until } from './until.js';
import type { Cleanup } from './until.js';

export type Wish<E extends keyof ClientEvents> = Parameters<ClientEvents[E]>[0];
export type Answer<E extends keyof ClientEvents> = Parameters<ClientEvents[E]>[1] extends Ack<infer T> ? T : never;
export type Told<E extends keyof ServerEvents> = Parameters<ServerEvents[E]>[0];

export interface ChatClientOptions {
  /** Of the server, such as http://127.0.0.1:41234. */
  url: string;
  /** Of an account; none: a reader. */
  token?: string | undefined;
  /** What an earlier connection of the same device was given. */
  device?: string | undefined;
  /** Token of an overlay's address. */
  overlay?: string | undefined;
  /** Where it seems to come from, for a server that trusts one proxy. */
  address?: string | undefined;
  transport?: 'websocket' | 'polling';
}

/** A chat client as a page has one. */
export interface ChatClient {
  socket: Socket;
  /** The device token that the server gave, or took. */
  device: string;
  ask<E extends keyof ClientEvents>(name: E, wish: Wish<E>): Promise<Reply<Answer<E>>>;
  /** As `ask`. @throws when the answer is an error. */
  get<E extends keyof ClientEvents>(name: E, wish: Wish<E>): Promise<Answer<E>>;
  /** The first of an event that fits and was not given before; waits for it. */
  heard<E extends keyof ServerEvents>(name: E, fits?: (event: Told<E>) => boolean, deadlineMs?: number): Promise<Told<E>>;
  /** All that came of an event: what was sent before an answer is there when the answer is. */
  all<E extends keyof ServerEvents>(name: E): Told<E>[];
  /** What has come so far is forgotten. */
  forget(): void;
  close(): void;
}

/** Connects; resolves when the server has said hello. @throws what it refuses the connection with */
export async function connectChat(t: Cleanup, { url, token, device, overlay, address, transport = 'websocket' }: ChatClientOptions): Promise<ChatClient> {
  const socket: Socket = io(`${url}/chat`, {
    auth: { token, device, overlay },
    transports: [transport],
    forceNew: true,
    reconnection: false,
    ...(address === undefined ? {} : { extraHeaders: { 'x-forwarded-for': address } }),
  });
  t.after(() => socket.disconnect());
  let log: { name: string; event: unknown; isGiven: boolean }[] = [];
  socket.onAny((name: string, event: unknown) => log.push({ name, event, isGiven: false }));
  const hello = await new Promise<Told<'hello'>>((resolve, reject) => {
    socket.once('hello', resolve);
    socket.once('connect_error', reject);
  });
  const client: ChatClient = {
    socket,
    device: hello.device,
    ask: (name, wish) => socket.timeout(20_000).emitWithAck(name, wish),
    get: async (name, wish) => {
      const reply = await client.ask(name, wish);
      if (!reply.ok) throw new Error(`${name} was answered with ${reply.code}: ${reply.message}`);
      return reply;
    },
    heard: (name, fits = () => true, deadlineMs = 10_000) => until(`${name} is heard`, () => {
      const found = log.find((entry) => entry.name === name && !entry.isGiven && fits(eventOf(name, entry.event)));
      if (found === undefined) return undefined;
      found.isGiven = true;
      return eventOf(name, found.event);
    }, deadlineMs),
    all: (name) => log.filter((entry) => entry.name === name).map(({ event }) => eventOf(name, event)),
    forget: () => { log = []; },
    close: () => void socket.disconnect(),
  };
  return client;
}

/** The server's types are believed: what it sends is what the test looks at. */
function eventOf<E extends keyof ServerEvents>(_name: E, event: unknown): Told<E> {
  return event as Told<E>;
}

let sent = 0;

/** A message to a channel, with a nonce of its own. */
export function said(channel: string, text: string, more: Partial<Wish<'chat-message'>> = {}): Wish<'chat-message'> {
  return { channel, text, nonce: `test-nonce-${++sent}`, ...more };
}
