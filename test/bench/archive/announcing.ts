import { randomBytes, randomUUID } from 'node:crypto';
import path from 'node:path';
import { sql } from 'kysely';
import { signFiles } from '../../../src/app-archive.js';
import { BlockStore, Manifests, SigningKeys } from '../../../src/archive/index.js';
import { Packager } from '../../../src/packager/index.js';
import type { LivePackage } from '../../../src/packager/index.js';
import type { Db, Log } from '../../../src/platform/index.js';
import { openDatabase } from '../../support/accounts.js';
import { videoConfig, videoFrame } from '../../support/frames.js';

export interface AnnouncingOptions {
  folder: string;
  streams: number;
  segments: number;
  isSigned: boolean;
  log: Log;
}

const FPS = 30;
const SEGMENT_SEC = 2;
const SIGN_EVERY_MS = 1_000;
/** 6 Mbps. Not zeros: they would stay in the caches of the processor. */
const PICTURE = randomBytes(25_000);
const OWNER = randomUUID();

/**
 * From the picture that completes a segment to the moment when its playlist says so, ms, one value a segment.
 * Pictures come as fast as they are taken, and of all broadcasts in turn: all of them end a segment together.
 */
export async function measureAnnouncing({ folder, streams, segments, isSigned, log }: AnnouncingOptions): Promise<number[]> {
  const closing: (() => unknown)[] = [];
  const packager = new Packager({ config: { segmentSec: SEGMENT_SEC, partSec: 0.334, windowSec: 30, dvrSec: 0, memoryMiB: 512 }, mediaDir: path.join(folder, 'media'), log });
  await packager.start();
  const db = await openDatabase({ after: (work) => closing.push(work) }, { url: '', dataDir: path.join(folder, 'data') });
  const manifests = await openManifests(db, folder, log);
  const broadcasts = await Promise.all(Array.from({ length: streams }, (_, at) => addBroadcast(db, at)));
  const packages = broadcasts.map((broadcast) => packager.open(broadcast));
  const signed = isSigned ? packages.map((live, at) => signFiles(manifests, broadcasts[at] ?? missing(), live, undefined)) : [];
  const delaysMs = await play(packages, segments);
  await Promise.all(signed.map((manifest) => manifest.suspend()));
  await packager.stop();
  for (const close of closing.toReversed()) await close();
  return delaysMs;
}

async function openManifests(db: Db, folder: string, log: Log): Promise<Manifests> {
  const keys = new SigningKeys({ db, keySecret: '', dataDir: folder, log });
  await keys.start();
  const mediaDir = path.join(folder, 'media');
  const blocks = new BlockStore({ db, mediaDir, isPublic: async () => true, listKept: async () => [], log });
  await sql`insert into users (id, username, email, password_hash, role, created_at) values (${OWNER}, 'ada', 'ada@example.org', '', 'admin', now())`.execute(db);
  return new Manifests({ keys, blocks, mediaDir, everyMs: SIGN_EVERY_MS, log });
}

async function addBroadcast(db: Db, at: number): Promise<{ id: string; channel: { id: string; slug: string }; epochMs: number }> {
  const [id, channel] = [randomUUID(), { id: randomUUID(), slug: `channel-${at}` }];
  await sql`insert into channels (id, owner_id, slug, title, created_at) values (${channel.id}, ${OWNER}, ${channel.slug}, '', now())`.execute(db);
  await sql`insert into broadcasts (id, channel_id, started_at) values (${id}, ${channel.id}, now())`.execute(db);
  return { id, channel, epochMs: Date.now() };
}

async function play(packages: LivePackage[], segments: number): Promise<number[]> {
  const delaysMs: number[] = [];
  const pushes = packages.map((live) => timedPush(live, delaysMs));
  for (const live of packages) {
    live.startTake({ number: 0, keyFrameIntervalMs: SEGMENT_SEC * 1000, renditions: [{ name: 'source', kind: 'video', origin: 'passthrough' }] });
    live.push({ type: 'config', take: 0, rendition: 'source', config: videoConfig() });
  }
  const perSegment = FPS * SEGMENT_SEC;
  for (let picture = 0; picture <= segments * perSegment; picture++) {
    const frame = { ...videoFrame(Math.round((picture * 1000) / FPS), { isKey: picture % perSegment === 0 }), payload: PICTURE };
    for (const push of pushes) push(frame);
    // Their next pictures come when the disk and the hashes have had their turn, as they do in two seconds of air.
    if (picture % perSegment === perSegment - 1) await Promise.all(packages.map((live) => live.settled()));
    else if (picture % perSegment === 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return delaysMs;
}

/** A push that keeps how long it took the playlist to name the segment that it completed. */
function timedPush(live: LivePackage, delaysMs: number[]): (frame: ReturnType<typeof videoFrame>) => void {
  let startedMs = 0;
  let isSegment = false;
  live.on('segment', () => { isSegment = true; });
  live.on('advanced', () => {
    if (isSegment) delaysMs.push(performance.now() - startedMs);
    isSegment = false;
  });
  return (frame) => {
    startedMs = performance.now();
    live.push({ type: 'frame', take: 0, rendition: 'source', frame });
  };
}

function missing(): never {
  throw new Error('there is a broadcast for each package');
}
