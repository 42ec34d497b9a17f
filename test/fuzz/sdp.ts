/**
 * Plays players and publishers whose offers, patches and headers are mutated against the real WHEP and WHIP routes over
 * real sockets, with an audience and a receiver that judge by mediasoup's own rules: `npm run fuzz -- sdp --seed 1 --cases 50000`. Prints a JSON summary;
 * exits with 1 on a failure.
 */
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parse } from 'sdp-transform';
import { createHttpApp, HttpServer } from '../../src/platform/index.js';
import type { Log } from '../../src/platform/index.js';
import { whepRoutes } from '../../src/webrtc/whep/whep-routes.js';
import { whipRoutes } from '../../src/webrtc/whip/whip-routes.js';
import { OrtcAudience } from './sdp/audience.js';
import { makeCase } from './sdp/cases.js';
import type { FuzzCase, FuzzRequest } from './sdp/cases.js';
import { openPublishers } from './sdp/publishers.js';

const { values } = parseArgs({
  // What runs this file may pass its own name first.
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, cases: { type: 'string', default: '50000' }, parallel: { type: 'string', default: '32' }, from: { type: 'string', default: '0' } },
});
const seed = Number(values.seed);
const cases = Number(values.cases);
const parallel = Number(values.parallel);
const from = Number(values.from);
const WARM_UP_SHARE = 0.25;
const STUCK_MS = 10_000;
const MAX_RSS_GROWTH_MIB = 64;
const MAX_HEAP_GROWTH_MIB = 8;
const MAX_HANDLE_GROWTH = 4;
/** What a client may be told. Nothing that says it is our fault. */
const STATUSES = new Set([200, 201, 204, 400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 428]);

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const failures: string[] = [];
/** What became of the requests: shows what they reached. */
const outcomes = new Map<string, number>();
const audience = new OrtcAudience();

function fail(what: string): void {
  if (failures.length < 20) failures.push(what);
}

process.on('uncaughtException', (error) => fail(`uncaught: ${error.stack}`));
process.on('unhandledRejection', (error) => fail(`unhandled: ${error instanceof Error ? error.stack : String(error)}`));

const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message) => fail(`warned: ${message}`),
  error: (message, fields) => fail(`error logged: ${message} ${JSON.stringify(fields)}`),
  child: () => log,
};
const publishers = openPublishers(log);

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** One client's connection; each comes from an address of its own, since addresses are limited. */
class Client {
  readonly #port: number;
  readonly #agent: Agent;

  constructor(port: number, slot: number) {
    this.#port = port;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress: `127.0.0.${2 + (slot % 250)}` });
  }

  async play(index: number): Promise<void> {
    const one = makeCase(seed, index);
    if (one.ending === 'hang-up') return this.#hangUp(one.path, one.offer);
    const reply = await this.#send(index, one.path, one.offer);
    const session = reply.headers.location;
    if (reply.status !== 201) {
      if (session !== undefined) fail(`case ${index}: ${reply.status} with a Location`);
      return;
    }
    if (session === undefined) return fail(`case ${index}: 201 without a Location`);
    checkAnswer(index, one, reply);
    for (const patch of one.patches) await this.#send(index, session, patch);
    if (one.ending === 'delete') await this.#leave(index, session);
  }

  close(): void {
    this.#agent.destroy();
  }

  async #leave(index: number, session: string): Promise<void> {
    const request = { method: 'DELETE', headers: {}, body: '' };
    await this.#send(index, session, request);
    const { status } = await this.#send(index, session, request);
    if (status !== 404) fail(`case ${index}: a session that was left answers ${status}`);
  }

  #send(index: number, path: string, { method, headers, body }: FuzzRequest): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const bytes = Buffer.from(body);
      const request = httpRequest({ host: '127.0.0.1', port: this.#port, agent: this.#agent, path, method, headers: { ...headers, 'content-length': bytes.length } }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const reply = { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() };
          checkReply(index, method, reply);
          resolve(reply);
        });
      });
      request.setTimeout(STUCK_MS, () => request.destroy(new Error(`case ${index}: not answered in ${STUCK_MS} ms`)));
      request.on('error', reject);
      request.end(bytes);
    });
  }

  async #hangUp(path: string, { method, headers, body }: FuzzRequest): Promise<void> {
    const bytes = Buffer.from(body);
    const request = httpRequest({ host: '127.0.0.1', port: this.#port, agent: false, path, method, headers: { ...headers, 'content-length': bytes.length + (bytes.length % 2) } });
    request.on('error', () => undefined); // it is our own
    const closed = new Promise<void>((resolve) => request.once('close', () => resolve()));
    request.write(bytes.length === 0 ? 'v' : bytes, () => request.destroy());
    await closed;
    count('hung up');
  }
}

function count(outcome: string): void {
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
}

function checkReply(index: number, method: string, { status, headers, body }: Reply): void {
  count(`${method} ${status} ${status >= 400 && method !== 'HEAD' ? problemCode(index, headers, body) : ''}`.trimEnd());
  if (!STATUSES.has(status)) fail(`case ${index}: ${method} was answered with ${status}: ${body.slice(0, 200)}`);
  if (headers['access-control-allow-origin'] !== '*') fail(`case ${index}: ${status} without CORS`);
  if (headers['x-evil'] !== undefined) fail(`case ${index}: a header was injected`);
}

function problemCode(index: number, headers: IncomingHttpHeaders, body: string): string {
  if (!/^application\/problem\+json/.test(headers['content-type'] ?? '')) fail(`case ${index}: an error that is no problem document: ${body.slice(0, 200)}`);
  return /"code":"(\w+)"/.exec(body)?.[1] ?? 'no code';
}

/** RFC 3264 §6: as many m-lines as the offer, in its order, and one of them at least is used. */
function checkAnswer(index: number, { door, offer }: FuzzCase, { body }: Reply): void {
  const [offered, answered] = [parse(offer.body).media, parse(body).media];
  if (offered.map(({ type }) => String(type)).join() !== answered.map(({ type }) => String(type)).join()) fail(`case ${index}: the m-lines are not those of the offer`);
  const used = door === 'whep' ? 'sendonly' : 'recvonly';
  if (!answered.some(({ direction, port }) => direction === used && port !== 0)) fail(`case ${index}: no m-line is ${used}`);
  if (answered.filter(({ candidates = [] }) => candidates.length > 0).length !== 1) fail(`case ${index}: the candidates are not on one m-line`);
  if (!/^(?:[a-z]=[^\r\n]*\r\n)+$/.test(body)) fail(`case ${index}: a line of the answer is broken`);
}

/** Plays the cases from `first` to `last` - 1, some at once. */
async function playAll(port: number, first: number, last: number): Promise<void> {
  let next = first;
  await Promise.all(Array.from({ length: parallel }, async (_, slot) => {
    let client = new Client(port, slot);
    while (next < last) {
      const index = next++;
      // A fresh address now and then, as clients come and go.
      if (index % 16 === 0) {
        client.close();
        client = new Client(port, index);
      }
      await client.play(index).catch((error: unknown) => fail(`case ${index}: ${error instanceof Error ? error.stack : String(error)}`));
    }
    client.close();
  }));
}

interface Sample {
  rssMiB: number;
  heapMiB: number;
  handles: number;
}

/** Measures once every stream has ended and every network is gone: no seat and no broadcast may be left then. */
async function sample(): Promise<Sample> {
  for (const seat of [...audience.seats]) seat.close('the stream is over');
  for (const transport of [...publishers.receiver.transports]) transport.close({ code: 'connection-lost', message: 'the network of the publisher is gone' });
  const left = { seats: audience.seats.size, transports: publishers.receiver.transports.size, broadcasts: publishers.broadcasts.list().length };
  if (Object.values(left).some((count) => count > 0)) fail(`left over: ${JSON.stringify(left)}`);
  for (let round = 0; round < 5; round++) {
    collectGarbage();
    await nextTurn();
  }
  const memory = process.memoryUsage();
  const mib = (sizeBytes: number): number => Math.round(sizeBytes / 2 ** 20);
  return { rssMiB: mib(memory.rss), heapMiB: mib(memory.heapUsed + memory.external), handles: process.getActiveResourcesInfo().length };
}

function compare(before: Sample, after: Sample): void {
  if (after.rssMiB - before.rssMiB > MAX_RSS_GROWTH_MIB) fail(`RSS grew from ${before.rssMiB} to ${after.rssMiB} MiB`);
  if (after.heapMiB - before.heapMiB > MAX_HEAP_GROWTH_MIB) fail(`heap grew from ${before.heapMiB} to ${after.heapMiB} MiB`);
  if (after.handles - before.handles > MAX_HANDLE_GROWTH) fail(`handles grew from ${before.handles} to ${after.handles}`);
}

async function main(): Promise<void> {
  const startedMs = Date.now();
  const shared = { corsOrigin: '*', iceServers: () => [{ urls: ['stun:stun.example.net'] }] };
  const routes = [whepRoutes({ ...shared, audience, joinsPer10Sec: 1e9 }), whipRoutes({ ...shared, sessions: publishers.sessions, offersPer10Sec: 1e9 })];
  const handler = createHttpApp({ trustProxy: 0, log, routes: [], bare: routes.map((one) => ({ path: '/', handler: one })) });
  const server = new HttpServer({ handler, bindAddress: '127.0.0.1', port: 0, log });
  await server.start();

  const warm = from + Math.ceil((cases - from) * WARM_UP_SHARE);
  await playAll(server.port, from, warm);
  const before = await sample();
  await playAll(server.port, warm, cases);
  const after = await sample();
  compare(before, after);
  await server.stop();

  const seconds = Math.round((Date.now() - startedMs) / 1000);
  const sorted = Object.fromEntries([...outcomes].sort(([, a], [, b]) => b - a).slice(0, 60));
  const summary = { target: 'sdp', seed, cases: cases - from, seconds, admitted: audience.admitted, received: publishers.receiver.received, before, after, outcomes: sorted, failures };
  process.stdout.write(`${JSON.stringify(summary, undefined, 2)}\n`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

await main();
