import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { PermanentArchive, SigningKeys } from '../../src/archive/index.js';
import type { ArweaveConfig } from '../../src/archive/index.js';
import { contentName } from '../../src/archive/cid/content-hash.js';
import { sealBlock } from '../../src/archive/manifest/manifest-block.js';
import type { ManifestBody } from '../../src/archive/manifest/manifest-body.js';
import { appendBlocks } from '../../src/archive/manifest/manifest-file.js';
import type { Db } from '../../src/platform/index.js';
import { ArweaveWorld } from './arweave-world.js';
import { recordingLog } from './log.js';
import type { Cleanup } from './until.js';

export const CHANNEL = { id: '33333333-3333-4333-8333-333333333333', slug: 'ada' };
const RENDITIONS = [
  { name: 'source', kind: 'video' as const, shortSide: 1080, bytes: 400_000 },
  { name: '360p', kind: 'video' as const, shortSide: 360, bytes: 150_000 },
  { name: 'audio', kind: 'audio' as const, shortSide: 0, bytes: 30_000 },
];
const SEGMENT_US = 2_000_000;

export const ARWEAVE: ArweaveConfig = {
  walletFiles: [], gatewayUrls: ['https://post.example'], checkGatewayUrls: ['https://check.example'], confirmations: 3,
  broadcastBudgetAr: 10, dayBudgetAr: 100, monthBudgetAr: 1000, lowBalanceAr: 0.1, dryRun: false,
};

export interface ShowOptions {
  segments?: number;
  /** What was said. */
  chat?: string;
}

/** A server's permanent archive with an Arweave of its own, a clock that the test moves, and shows that have ended. */
export async function openArchive(t: Cleanup, db: Db) {
  const mediaDir = await mkdtemp(path.join(tmpdir(), 'tidemark-archive-'));
  t.after(() => rm(mediaDir, { recursive: true, force: true }));
  await sql`insert into users (id, username, email, password_hash, role, created_at) values (${CHANNEL.id}, 'ada', 'ada@example.org', '', 'admin', now()) on conflict do nothing`.execute(db);
  await sql`insert into channels (id, owner_id, slug, title, created_at) values (${CHANNEL.id}, ${CHANNEL.id}, 'ada', 'ada', now()) on conflict do nothing`.execute(db);
  await sql`delete from archives`.execute(db);
  await sql`delete from archive_settings`.execute(db);
  const log = recordingLog();
  const keys = new SigningKeys({ db, keySecret: 'k'.repeat(32), dataDir: mediaDir, log });
  await keys.start();
  const world = new ArweaveWorld();
  const clock = { now: new Date('2026-11-22T12:00:00Z') };
  const blocks = new Map<string, Uint8Array[]>();
  const shows = { visibility: 'public' as 'public' | 'private' };

  /** A server; another one on the same database goes on where the first one stopped. */
  const open = (config: Partial<ArweaveConfig> = {}): PermanentArchive => new PermanentArchive({
    db, mediaDir, keys, log, config: { ...ARWEAVE, ...config },
    network: { ...world.network, start: async () => undefined, stop: async () => undefined },
    manifests: { find: async (id) => blocks.get(id) },
    broadcasts: {
      visibilityOf: async () => shows.visibility,
      playlistsOf: async (_id, hasFile) => RENDITIONS.flatMap(({ name }) => (hasFile(`${name}/0.m4s`) ? [{ name: `${name}/index.m3u8`, text: `#EXTM3U of ${name}` }] : [])).concat({ name: 'master.m3u8', text: '#EXTM3U' }),
      factsOf: async () => ({ renditions: RENDITIONS, slates: [] }),
      listEnded: async () => [],
      findCard: async () => ({ title: 'ebb and flow', startedAt: clock.now }),
    },
    pins: { pinsOf: async () => [], nodes: async () => [] },
    now: () => clock.now,
    random: () => 0.5,
  });

  /** A show that has ended: its files are on the disk, its manifest has its end. */
  const show = async ({ segments = 2, chat }: ShowOptions = {}): Promise<string> => {
    const id = randomUUID();
    await sql`insert into broadcasts (id, channel_id, started_at) values (${id}, ${CHANNEL.id}, now())`.execute(db);
    const write = async (name: string, bytes: Buffer) => {
      await mkdir(path.dirname(path.join(mediaDir, id, name)), { recursive: true });
      await writeFile(path.join(mediaDir, id, name), bytes);
      const { cid, sizeBytes } = contentName([bytes]);
      return { cid, sizeBytes };
    };
    const body: Pick<ManifestBody, 'inits' | 'segments'> = { inits: [], segments: [] };
    for (const { name: rendition, bytes } of RENDITIONS) {
      body.inits.push({ rendition, take: 0, ...await write(`${rendition}/init-0.mp4`, Buffer.from(`init of ${rendition}`)) });
      for (let number = 0; number < segments; number++) {
        const file = await write(`${rendition}/${number}.m4s`, Buffer.alloc(bytes, `${id} ${rendition} ${number} `));
        body.segments.push({ rendition, number, take: 0, discontinuity: 0, startUs: number * SEGMENT_US, durationUs: SEGMENT_US, ...file });
      }
    }
    const files = chat === undefined ? [] : [{ name: 'chat.jsonl', ...await write('chat.jsonl', Buffer.from(chat)) }];
    const signer = await keys.signer(CHANNEL.id);
    const block = sealBlock({
      format: 'tidemark-manifest', version: 1, broadcast: id, channel: CHANNEL.slug, key: signer.key, number: 0, previous: null,
      epochMs: 1_000, signedAtMs: 2_000, ...body, files, folder: null, isFinal: true,
    }, (bytes) => signer.sign(bytes));
    await appendBlocks(path.join(mediaDir, id, 'manifest.car'), [block], 0);
    blocks.set(id, [block.bytes]);
    return id;
  };
  /** Works, a minute and a block at a time, until the archive is in one of these states. */
  const workUntil = async (archive: PermanentArchive, id: string, states: string[], minutes = 600): Promise<string> => {
    for (let i = 0; i < minutes; i++) {
      await archive.work();
      const { state = 'off' } = await archive.receipts.find(id) ?? {};
      if (states.includes(state)) return state;
      clock.now = new Date(clock.now.getTime() + 60_000);
      world.mine();
    }
    throw new Error(`not ${states.join(' or ')} after ${minutes} minutes, but ${JSON.stringify(await archive.receipts.find(id))}`);
  };
  /** A show in the archive, its hold over. */
  const admitted = async (archive: PermanentArchive, settings: { tier?: 'manifest' | 'audio+360p' | 'all'; isEncrypted?: boolean; holdHours?: number; withChat?: boolean } & ShowOptions = {}): Promise<string> => {
    const { segments = 2, chat, ...changes } = settings;
    await archive.consent.change(CHANNEL, { isOn: true, holdHours: 0, tier: 'all', confirm: 'ada', ...changes }, 'ada');
    const id = await show({ segments, ...(chat === undefined ? {} : { chat }) });
    await archive.admit({ id, channelId: CHANNEL.id, slug: CHANNEL.slug });
    return id;
  };
  return { db, world, clock, mediaDir, shows, log, keys, open, show, admitted, workUntil };
}
