import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import type { Cleanup } from './until.js';

const wish = z.strictObject({ cid: z.string(), name: z.string(), origins: z.array(z.string()).max(20) });

/** A service with the IPFS Pinning Service API. */
export interface FakePinningService {
  url: string;
  token: string;
  /** By request id. */
  pins: Map<string, { status: 'queued' | 'pinning' | 'pinned' | 'failed'; pin: z.infer<typeof wish> }>;
  /** Answers with this status, whatever is asked; 0: as it should. */
  brokenWith: number;
}

export async function openPinningService(t: Cleanup): Promise<FakePinningService> {
  const service: FakePinningService = { url: '', token: randomUUID(), pins: new Map(), brokenWith: 0 };
  const statusOf = (requestid: string) => ({ requestid, created: '2026-01-01T00:00:00Z', delegates: ['/ip4/203.0.113.1/tcp/4001'], ...service.pins.get(requestid) });
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', service.url);
    const id = decodeURIComponent(url.pathname.replace(/^\/psa\/pins\/?/, ''));
    const send = (status: number, body: object): void => void response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    if (service.brokenWith !== 0) return send(service.brokenWith, { error: { reason: 'BROKEN' } });
    if (request.headers.authorization !== `Bearer ${service.token}`) return send(401, { error: { reason: 'UNAUTHORIZED' } });
    if (request.method === 'POST' && id === '') {
      return void json(request).then((body) => {
        const requestid = randomUUID();
        service.pins.set(requestid, { status: 'queued', pin: wish.parse(body) });
        send(202, statusOf(requestid));
      });
    }
    if (id === '') {
      const wanted = url.searchParams.get('status')?.split(',') ?? ['pinned'];
      const found = [...service.pins].filter(([, { status, pin }]) => wanted.includes(status) && (url.searchParams.get('cid') ?? pin.cid) === pin.cid);
      return send(200, { count: found.length, results: found.map(([requestid]) => statusOf(requestid)) });
    }
    if (!service.pins.has(id)) return send(404, { error: { reason: 'NOT_FOUND' } });
    if (request.method === 'DELETE') {
      service.pins.delete(id);
      return void response.writeHead(202).end();
    }
    send(200, statusOf(id));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  }));
  const address = server.address();
  service.url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/psa`;
  return service;
}
