import { EventEmitter, on } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cleanup } from './until.js';

/** What a gateway does wrong. */
export type Fault =
  /** Connections end without an answer. */
  | { kind: 'down' }
  /** Everything is answered like this: 429, 500, 503… */
  | { kind: 'status'; status: number; retryAfterSec?: number }
  | { kind: 'slow'; delayMs: number }
  /** Takes the chunk with this number, from 0 in the order of the data, and forgets it. */
  | { kind: 'loses-chunk'; number: number }
  /** Takes transactions and their chunks, and forgets them. */
  | { kind: 'drops-transactions' }
  /** Takes no transaction. */
  | { kind: 'refuses-transactions' }
  /** Knows what is confirmed and has none of the data. */
  | { kind: 'loses-data' }
  /** One bit of the data is another one. */
  | { kind: 'wrong-bytes' };

/** An HTTP proxy before an Arweave gateway whose faults are switched, and that counts what is posted. */
export class FaultyGateway {
  /** Another one from the next request on. */
  fault: Fault | undefined;
  /** How many more requests it spoils; all of them when undefined. */
  left: number | undefined;
  /** Done when something was posted, before its answer. */
  onPosted: (() => Promise<void>) | undefined;
  /** Requests that a fault spoilt. */
  spoilt = 0;
  /** How often each transaction was posted, whatever became of it. */
  readonly posts = new Map<string, number>();
  /** All that came, in order, as `POST /chunk`. */
  readonly requests: string[] = [];
  readonly url: string;
  readonly #target: string;
  readonly #events = new EventEmitter<{ request: [string] }>();

  private constructor(url: string, target: string) {
    this.url = url;
    this.#target = target;
  }

  /** Listens on a free port of 127.0.0.1; ends with the test. */
  static async open(t: Cleanup, target: string): Promise<FaultyGateway> {
    let answer: RequestListener = (_, response) => response.destroy();
    const server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const gateway = new FaultyGateway(`http://127.0.0.1:${address.port}`, target);
    answer = (request, response) => void gateway.#answer(request, response).catch(() => response.destroy());
    return gateway;
  }

  /** Spoils so many requests, or all from now on. */
  spoil(fault: Fault, requests?: number): void {
    this.fault = fault;
    this.left = requests;
  }

  /** Resolves when such a request comes; to false when none does in so many ms. */
  async nextRequest(what: RegExp, withinMs: number): Promise<boolean> {
    const requests: AsyncIterable<string[]> = on(this.#events, 'request', { signal: AbortSignal.timeout(withinMs) });
    try {
      for await (const [request = ''] of requests) if (what.test(request)) return true;
    } catch {
      // Its time is up.
    }
    return false;
  }

  heal(): void {
    this.fault = undefined;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const asked: Asked = { method: request.method ?? 'GET', path: request.url ?? '/', body };
    this.#count(asked);
    const fault = this.#faultOf(asked);
    if (fault?.kind === 'slow') await delay(fault.delayMs, undefined, { ref: false });
    const spoilt = fault && spoiltAnswer(fault);
    if (spoilt === 'none') return void response.destroy();
    const { status, headers = {}, bytes } = spoilt ?? await this.#passOn(asked);
    response.writeHead(status, headers).end(fault?.kind === 'wrong-bytes' ? withWrongBit(bytes) : bytes);
  }

  #count({ method, path, body }: Asked): void {
    this.requests.push(`${method} ${path}`);
    this.#events.emit('request', `${method} ${path}`);
    if (method !== 'POST' || path !== '/tx') return;
    const id = String(JSON.parse(String(body)).id);
    this.posts.set(id, (this.posts.get(id) ?? 0) + 1);
  }

  #faultOf(asked: Asked): Fault | undefined {
    const fault = this.fault;
    if (fault === undefined || this.left === 0 || !concerns(fault, asked)) return undefined;
    if (this.left !== undefined) this.left -= 1;
    this.spoilt += 1;
    return fault;
  }

  async #passOn({ method, path, body }: Asked): Promise<Answer> {
    const response = await fetch(this.#target + path, { method, redirect: 'manual', ...(method === 'POST' && { body: new Uint8Array(body), headers: { 'content-type': 'application/json' } }) });
    if (method === 'POST') await this.onPosted?.();
    const type = response.headers.get('content-type');
    return { status: response.status, headers: type === null ? {} : { 'content-type': type }, bytes: Buffer.from(await response.arrayBuffer()) };
  }
}

interface Asked {
  method: string;
  path: string;
  body: Buffer;
}

interface Answer {
  status: number;
  headers?: Record<string, string>;
  bytes: Buffer;
}

const CHUNK_BYTES = 256 << 10;
/** Data by their id, below a path manifest, raw, or as a chunk. */
const DATA = /^\/(raw\/)?[\w-]{43}(\/|$)|^\/chunk\/|^\/tx\/[\w-]{43}\/data/;

/** Whether a request is one that the fault spoils. */
function concerns(fault: Fault, { method, path, body }: Asked): boolean {
  if (fault.kind === 'loses-chunk') return isPost(method, path, '/chunk') && numberOf(body) === fault.number;
  if (fault.kind === 'drops-transactions') return isPost(method, path, '/tx') || isPost(method, path, '/chunk');
  if (fault.kind === 'refuses-transactions') return isPost(method, path, '/tx');
  if (fault.kind === 'loses-data' || fault.kind === 'wrong-bytes') return method === 'GET' && DATA.test(path);
  return true;
}

function isPost(method: string, path: string, where: string): boolean {
  return method === 'POST' && path === where;
}

/** All chunks but the last two have the full length. */
function numberOf(body: Buffer): number {
  return Math.floor(Number(JSON.parse(String(body)).offset) / CHUNK_BYTES);
}

/** Undefined: what the gateway behind says. */
function spoiltAnswer(fault: Fault): Answer | 'none' | undefined {
  switch (fault.kind) {
    case 'down': return 'none';
    case 'status': return { status: fault.status, headers: fault.retryAfterSec === undefined ? {} : { 'retry-after': String(fault.retryAfterSec) }, bytes: Buffer.from('not now') };
    case 'loses-chunk':
    case 'drops-transactions': return { status: 200, bytes: Buffer.from('OK') };
    case 'refuses-transactions': return { status: 400, bytes: Buffer.from('no') };
    case 'loses-data': return { status: 404, bytes: Buffer.from('Not Found') };
    case 'slow':
    case 'wrong-bytes': return undefined;
  }
}

function withWrongBit(bytes: Buffer): Buffer {
  const wrong = Buffer.from(bytes);
  const middle = wrong.length >> 1;
  wrong[middle] = (wrong[middle] ?? 0) ^ 1;
  return wrong;
}
