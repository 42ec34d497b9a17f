import { createServer, request as ask } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Test } from 'tap';

/** Something between a browser and its server that may change what comes by. */
export interface AlteringProxy {
  url: string;
  /** What was asked for, in order. */
  paths: string[];
  /** Gives what is sent instead of a body; the body itself leaves it as it is. */
  alter: (path: string, body: Buffer) => Buffer;
}

/** Stands in front of a server, and changes nothing until it is told to. */
export async function startAlteringProxy(t: Test, target: string): Promise<AlteringProxy> {
  const proxy: AlteringProxy = { url: '', paths: [], alter: (_path, body) => body };
  const server = createServer((incoming, outgoing) => {
    proxy.paths.push(incoming.url ?? '');
    pass(incoming, outgoing, target, proxy).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  proxy.url = `http://127.0.0.1:${isAddress(address) ? address.port : 0}`;
  return proxy;
}

/** Another byte in the middle, as a bad disk or a bad will would have it. */
export function flipped(body: Buffer): Buffer {
  const changed = Buffer.from(body);
  changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1;
  return changed;
}

async function pass(incoming: IncomingMessage, outgoing: ServerResponse, target: string, proxy: AlteringProxy): Promise<void> {
  const path = incoming.url ?? '/';
  const body = await buffer(incoming);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    ask(`${target}${path}`, { method: incoming.method ?? 'GET', headers: { ...incoming.headers, 'accept-encoding': 'identity' } }, resolve).on('error', reject).end(body);
  });
  const sent = proxy.alter(path, await buffer(answer));
  const { 'content-length': _length, 'transfer-encoding': _encoding, ...headers } = answer.headers;
  outgoing.writeHead(answer.statusCode ?? 502, { ...headers, ...(incoming.method === 'HEAD' ? {} : { 'content-length': sent.length }) }).end(sent);
}

function isAddress(address: ReturnType<ReturnType<typeof createServer>['address']>): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}
