/**
 * Plays mutated RTMP sessions against the real server over real sockets, beside a good publisher that must lose
 * nothing: `npm run fuzz -- rtmp --seed 1 --sessions 200000`. Prints a JSON summary; exits with 1 on a failure.
 */
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadConfig } from '../../src/config.js';
import { RtmpServer } from '../../src/ingest/index.js';
import type { Log } from '../../src/platform/index.js';
import type { Media } from '../../src/streams/index.js';
import { Broadcasts } from '../../src/streams/index.js';
import { nalUnit, RtmpClient } from '../support/rtmp-client.js';
import { slugKeys } from '../support/rtmp-harness.js';
import { makeSession } from './rtmp/sessions.js';

const { values } = parseArgs({
  // What runs this file may pass its own name first.
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, sessions: { type: 'string', default: '200000' }, parallel: { type: 'string', default: '128' }, from: { type: 'string', default: '0' } },
});
const seed = Number(values.seed);
const sessions = Number(values.sessions);
const parallel = Number(values.parallel);
const from = Number(values.from);
const WARM_UP_SHARE = 0.25;
const STUCK_MS = 15_000;
const FRAME_MS = 33;
const MAX_RSS_GROWTH_MIB = 48;
const MAX_HEAP_GROWTH_MIB = 8;
const MAX_HANDLE_GROWTH = 4;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const failures: string[] = [];
const running = new Set<number>();

function fail(what: string): void {
  if (failures.length < 20) failures.push(`${what} (running: ${[...running].join(' ')})`);
}

process.on('uncaughtException', (error) => fail(`uncaught: ${error.stack}`));
process.on('unhandledRejection', (error) => fail(`unhandled: ${error instanceof Error ? error.stack : String(error)}`));

/** How connections ended, numbers left out: shows what the sessions reached. */
const outcomes = new Map<string, number>();

const log: Log = {
  debug: () => undefined,
  info: countOutcome,
  warn: countOutcome,
  error: (message, fields) => fail(`error logged: ${message} ${JSON.stringify(fields)}`),
  child: () => log,
};

function countOutcome(message: string, fields: Record<string, unknown> = {}): void {
  if (message !== 'connection ended') return;
  const outcome = `${String(fields.during)}: ${String(fields.reason).replace(/\d+/g, 'N')}`;
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
}

/** Sends numbered frames in real time and checks that each comes out, in order and unchanged. */
class GoodPublisher {
  readonly #client: RtmpClient;
  readonly #timer: NodeJS.Timeout;
  #sent = 0;
  #received = 0;
  #closed: string | undefined;

  private constructor(client: RtmpClient) {
    this.#client = client;
    client.sendConfigs();
    this.#timer = setInterval(() => this.#send(), FRAME_MS);
  }

  static async start(port: number, broadcasts: Broadcasts): Promise<GoodPublisher> {
    const client = await RtmpClient.publish({ port, key: 'key-good' });
    const publisher = new GoodPublisher(client);
    const publication = broadcasts.findBySlug('good')?.publication;
    publication?.on('media', (media) => publisher.#check(media));
    publication?.once('closed', (reason) => { publisher.#closed = reason.message; });
    return publisher;
  }

  /** Ends the publishing once everything is out; reports what was lost. */
  async stop(): Promise<{ sent: number; received: number }> {
    clearInterval(this.#timer);
    const deadlineMs = Date.now() + STUCK_MS;
    while (this.#received < this.#sent && Date.now() < deadlineMs) await nextTurn();
    if (this.#closed !== undefined) fail(`the good publisher was closed: ${this.#closed}`);
    if (this.#received !== this.#sent) fail(`the good publisher sent ${this.#sent} frames, ${this.#received} came out`);
    this.#client.unpublish();
    await this.#client.closed;
    return { sent: this.#sent, received: this.#received };
  }

  #send(): void {
    const frame = nalUnit(2000 + (this.#sent % 50) * 500);
    frame.writeUInt32BE(this.#sent, 5);
    this.#client.sendFrame(this.#sent * FRAME_MS, { payload: frame, isKey: this.#sent % 60 === 0 });
    this.#sent += 1;
  }

  #check(media: Media): void {
    if (media.type !== 'frame') return;
    const expected = nalUnit(2000 + (this.#received % 50) * 500);
    expected.writeUInt32BE(this.#received, 5);
    if (!media.frame.payload.equals(expected) || media.frame.dtsMs !== this.#received * FRAME_MS) fail(`frame ${this.#received} of the good publisher came out changed`);
    this.#received += 1;
  }
}

async function play(port: number, index: number, slot: number): Promise<void> {
  const session = makeSession(seed, index, `key-fuzz${slot}`);
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (slot % 200)}`, noDelay: true });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined); // the server may hang up at any byte
  socket.resume();
  const stuck = setTimeout(() => {
    fail(`session ${index} was not ended in ${STUCK_MS} ms`);
    socket.destroy();
  }, STUCK_MS);
  for (const part of session.writes) {
    if (socket.destroyed) break;
    socket.write(part);
    if (session.writes.length > 1) await nextTurn();
  }
  if (session.ending === 'half-close') socket.end();
  if (session.ending === 'reset') socket.write('', () => socket.resetAndDestroy());
  await closed;
  clearTimeout(stuck);
}

/** Plays the sessions from `first` to `last` - 1, some at once. */
async function playAll(port: number, first: number, last: number): Promise<void> {
  let next = first;
  await Promise.all(Array.from({ length: parallel }, async (_, slot) => {
    while (next < last) {
      const index = next++;
      running.add(index);
      await play(port, index, slot);
      running.delete(index);
    }
  }));
}

interface Sample {
  rssMiB: number;
  heapMiB: number;
  handles: number;
}

/** Measures once all fuzzed connections are gone. */
async function sample(server: RtmpServer, broadcasts: Broadcasts): Promise<Sample> {
  const deadlineMs = Date.now() + STUCK_MS;
  while ((server.connections > 1 || broadcasts.list().length > 1) && Date.now() < deadlineMs) await nextTurn();
  if (server.connections !== 1) fail(`${server.connections} connections are open; only the good publisher's is expected`);
  if (broadcasts.list().length !== 1) fail(`${broadcasts.list().length} broadcasts are on air; one is expected`);
  for (let round = 0; round < 3; round++) {
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
  const store = { insert: async () => undefined, end: async () => undefined, listLive: async () => [] };
  const broadcasts = new Broadcasts({ store, graceMs: 0, ownerEndHoldMs: 0, log });
  const bounds = { maxConnections: 1e6, maxConnectionsPerAddress: 1e6, wrongKeysPerMinute: 1e9, handshakeTimeoutSec: 2, idleTimeoutSec: 2 };
  const config = { ...loadConfig({ folder: 'config', environment: {} }).ingest, port: 0, ...bounds };
  const server = new RtmpServer({ config, bindAddress: '127.0.0.1', streamKeys: slugKeys, broadcasts, log });
  await server.start();
  const port = server.port ?? 0;
  const good = await GoodPublisher.start(port, broadcasts);

  const warm = from + Math.ceil((sessions - from) * WARM_UP_SHARE);
  await playAll(port, from, warm);
  const before = await sample(server, broadcasts);
  await playAll(port, warm, sessions);
  const after = await sample(server, broadcasts);
  compare(before, after);
  const goodPublisher = await good.stop();
  await server.stop();
  await broadcasts.stop();

  const seconds = Math.round((Date.now() - startedMs) / 1000);
  const sorted = Object.fromEntries([...outcomes].sort(([, a], [, b]) => b - a).slice(0, 60));
  const summary = { target: 'rtmp', seed, sessions: sessions - from, seconds, goodPublisher, before, after, outcomes: sorted, failures };
  process.stdout.write(`${JSON.stringify(summary, undefined, 2)}\n`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

await main();
