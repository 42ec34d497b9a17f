import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Child, Children } from '../measure/children.js';
import { childrenOf } from '../measure/process-tree.js';
import { until } from '../measure/wait.js';
import { SLUG, startChannelServer } from '../systems/one-channel.js';
import { publishByRtmp, publishByRtp } from './source.js';
import type { SourceFiles } from './source.js';

const BARE_ROUTER = path.resolve('test/bench/webrtc/bare-router.mjs');
const LIVE_DEADLINE_MS = 60_000;
const MAX_VIEWERS = 10_000;
/** The two that the bare router is sent. */
const STREAMS = { video: { ssrc: 1_000, payloadType: 101 }, audio: { ssrc: 2_000, payloadType: 100 } };

/** What viewers join. */
export interface WebRtcSystem {
  name: 'tidemark' | 'bare router';
  origin: string;
  /** Where offers go. */
  url: string;
  /** Parent of the workers. */
  pid: number;
  workerPids: number[];
  /** Why it does not run as it should; undefined while it does. */
  failure(): string | undefined;
}

export interface SystemOptions {
  folder: string;
  ffmpegPath: string;
  source: SourceFiles;
  workers: number;
  children: Children;
  signal: AbortSignal;
}

/** Tidemark without rungs: what is published passes. */
export async function startTidemark(options: SystemOptions): Promise<WebRtcSystem> {
  const { ffmpegPath, source, workers, children, signal } = options;
  const config = { transcode: { ladder: 'off' }, webrtc: { workers, maxViewersPerWorker: MAX_VIEWERS } };
  const { url, publishUrl, server } = await startChannelServer({ ...options, config });
  const publisher = await publishByRtmp({ ffmpegPath, file: source.forRtmp, url: publishUrl, children });
  const failure = failureOf({ tidemark: server, 'the publisher': publisher });
  await until('the stream is there in real time', async () => {
    const why = failure();
    if (why !== undefined) throw new Error(why);
    return (await (await fetch(`${url}/api/v1/live`)).text()).includes(`"whep":"/whep/${SLUG}"`);
  }, { deadlineMs: LIVE_DEADLINE_MS, signal });
  return { name: 'tidemark', origin: url, url: `${url}/whep/${SLUG}`, pid: server.pid, workerPids: childrenOf(server.pid, 'mediasoup'), failure };
}

const ports = z.object({ rtp: z.number(), rtcp: z.number() });
const bareReady = z.object({ httpPort: z.number(), video: ports, audio: ports, workerPid: z.number() });

/** The same worker with a router, two producers, and consumers. */
export async function startBareRouter({ ffmpegPath, source, children, signal }: SystemOptions): Promise<WebRtcSystem> {
  const router = await children.start({
    command: process.execPath,
    args: [BARE_ROUTER, JSON.stringify(STREAMS)],
    env: { MEDIASOUP_WORKER_BIN: process.env['MEDIASOUP_WORKER_BIN'] ?? '' },
    stdout: true,
  });
  const [line] = await once(createInterface(router.stdout), 'line', { signal });
  const { httpPort, workerPid, ...rtp } = bareReady.parse(JSON.parse(String(line)));
  const publisher = await publishByRtp({ ffmpegPath, file: source.forRtp, ports: rtp, streams: STREAMS, children });
  const origin = `http://127.0.0.1:${httpPort}`;
  return { name: 'bare router', origin, url: `${origin}/`, pid: router.pid, workerPids: [workerPid], failure: failureOf({ 'the bare router': router, 'its publisher': publisher }) };
}

/** A certificate for all receivers: they prove with it that they are who offered. */
export function makeCertificate(folder: string): { certificate: string; key: string } {
  const [certificate, key] = [path.join(folder, 'receiver.pem'), path.join(folder, 'receiver-key.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=bench', '-days', '2', '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  return { certificate, key };
}

function failureOf(children: Record<string, Child>): () => string | undefined {
  return () => Object.entries(children).filter(([, child]) => child.hasExited).map(([name, child]) => `${name} ${child.lastWords}`)[0];
}
