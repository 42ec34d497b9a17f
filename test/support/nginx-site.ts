import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Test } from 'tap';
import { findNginx, startNginx } from './nginx.js';
import type { Nginx, NginxOptions } from './nginx.js';

export const SEGMENT = Buffer.from(Array.from({ length: 4096 }, (_value, index) => index % 251));

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface FetchOptions {
  method?: string;
  headers?: Record<string, string>;
}

/** A request that the server behind nginx has got; the test answers it when it likes. */
export interface Asked {
  /** `GET /path?query`. */
  line: string;
  headers: IncomingHttpHeaders;
  response: ServerResponse;
}

/** The real nginx in front of a small server. */
export interface Site {
  nginx: Nginx;
  /** What the server was asked, oldest first. */
  asked: Asked[];
  lines(): string[];
  fetch(url: string, options?: FetchOptions): Promise<Answer>;
  /** A request whose client can leave. */
  open(url: string, options?: FetchOptions): ClientRequest;
  /** Path of the socket that speaks HTTPS with HTTP/2. */
  tlsSocket: string;
  /** Where nginx keeps the parts that it has fetched. */
  cacheDir: string;
  stopServer(): Promise<void>;
  startServer(): Promise<void>;
}

export interface SiteOptions extends Pick<NginxOptions, 'workers' | 'trustedProxy' | 'hsts' | 'listen' | 'collector'> {
  /** What the server answers; without it, requests stay open until the test answers them. */
  answer?: (asked: Asked) => void;
}

/** Starts nginx with two finished files in the media folder and a folder above it that nobody may read. */
export async function openSite(t: Test, options: Partial<SiteOptions> = {}): Promise<Site> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidemark-nginx-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeMedia(folder);
  const asked: Asked[] = [];
  const server = smallServer(path.join(folder, 'server.sock'), (one) => {
    asked.push(one);
    options.answer?.(one);
  });
  await server.start();
  t.after(() => server.stop());
  const siteSocket = path.join(folder, 'site.sock');
  const { answer, ...settings } = options;
  const nginx = await startNginx(findNginx() ?? '', { folder, listen: `unix:${siteSocket}`, upstream: `unix:${server.socketPath}`, mediaDir: path.join(folder, 'media'), ...settings });
  t.after(() => nginx.stop());
  const open = (url: string, { method = 'GET', headers = {} }: FetchOptions = {}): ClientRequest => request({ socketPath: siteSocket, path: url, method, headers: { host: 'localhost', ...headers }, agent: false });
  return {
    nginx, asked, open,
    lines: () => asked.map(({ line }) => line),
    fetch: (url, how) => answerTo(open(url, how)),
    tlsSocket: path.join(folder, 'tls.sock'),
    cacheDir: path.join(folder, 'cache'),
    stopServer: () => server.stop(),
    startServer: () => server.start(),
  };
}

function writeMedia(folder: string): void {
  mkdirSync(path.join(folder, 'media/b1/720p'), { recursive: true });
  for (const name of ['7.m4s', 'init-0.mp4', '9.m4s.tmp', 'notes.txt']) writeFileSync(path.join(folder, 'media/b1/720p', name), SEGMENT);
  for (const name of ['outside.m4s', '1.m4s']) writeFileSync(path.join(folder, name), 'outside');
}

/** A server that can go away and come back at the same address. */
function smallServer(socketPath: string, onAsked: (asked: Asked) => void): { socketPath: string; start(): Promise<void>; stop(): Promise<void> } {
  const make = (): ReturnType<typeof createServer> => {
    const server = createServer((incoming, response) => onAsked({ line: `${incoming.method} ${incoming.url}`, headers: incoming.headers, response }));
    server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'));
    return server;
  };
  let server = make();
  return {
    socketPath,
    start: async () => {
      server = make();
      server.listen(socketPath);
      await once(server, 'listening');
    },
    stop: () => new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}

/** Sends a request and reads its answer to the end. */
export async function answerTo(outgoing: ClientRequest): Promise<Answer> {
  outgoing.end();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
    outgoing.once('upgrade', (upgraded, socket) => {
      socket.destroy();
      resolve(upgraded);
    });
  });
  const chunks: Buffer[] = [];
  if (response.statusCode !== 101) for await (const chunk of response) chunks.push(Buffer.from(chunk));
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
}
