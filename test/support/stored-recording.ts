import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import type { CID } from 'multiformats/cid';
import { BlockStore } from '../../src/archive/index.js';
import { placeOfBlock, placesOfFile } from '../../src/archive/blocks/places.js';
import { contentName } from '../../src/archive/cid/content-hash.js';
import { recordingFolder } from '../../src/archive/cid/recording-folder.js';
import type { Db } from '../../src/platform/index.js';
import { recordingLog } from './log.js';
import type { Cleanup } from './until.js';

export const SMALL = Buffer.from('a short segment');
/** Of three chunks. */
export const LARGE = Buffer.alloc(2_500_000, 'not all the same '.repeat(7));
const PLAYLIST = Buffer.from('#EXTM3U\n');
const OWNER = '22222222-2222-4222-8222-222222222222';

export interface StoredRecording {
  store: BlockStore;
  mediaDir: string;
  folder: CID;
  /** By the name of the file. */
  cids: Map<string, string>;
  /** Broadcasts whose files are to stay. */
  kept: string[];
  /** Strangers may not have it any more. */
  hide(): void;
}

async function addBroadcast(db: Db, id: string): Promise<void> {
  await sql`insert into users (id, username, email, password_hash, role, created_at) values (${OWNER}, 'ada', 'ada@example.org', '', 'admin', now()) on conflict do nothing`.execute(db);
  await sql`insert into channels (id, owner_id, slug, title, created_at) values (${OWNER}, ${OWNER}, 'ada', 'ada', now()) on conflict do nothing`.execute(db);
  await sql`insert into broadcasts (id, channel_id, started_at) values (${id}, ${OWNER}, now()) on conflict do nothing`.execute(db);
}

/** A recording on the disk, its blocks in the database: two segments, one of them of three chunks, and a playlist. */
export async function storeRecording(t: Cleanup, db: Db, id: string): Promise<StoredRecording> {
  const mediaDir = await mkdtemp(path.join(tmpdir(), 'tidemark-stored-'));
  t.after(() => rm(mediaDir, { recursive: true, force: true }));
  await addBroadcast(db, id);
  await mkdir(path.join(mediaDir, id, 'source'), { recursive: true });
  let isPublic = true;
  const kept: string[] = [];
  const store = new BlockStore({ db, mediaDir, isPublic: async () => isPublic, listKept: async () => kept, log: recordingLog() });
  const files = [{ name: 'source/0.m4s', bytes: SMALL }, { name: 'source/1.m4s', bytes: LARGE }, { name: 'master.m3u8', bytes: PLAYLIST }];
  const named = await Promise.all(files.map(async ({ name, bytes }) => {
    await writeFile(path.join(mediaDir, id, name), bytes);
    const content = contentName([bytes]);
    await store.add(id, placesOfFile(name, content));
    return { name, ...content };
  }));
  const folder = recordingFolder(named);
  if (folder === undefined) throw new Error('a small folder has a block');
  await store.add(id, folder.blocks.map((block) => placeOfBlock(block)));
  return { store, mediaDir, kept, folder: folder.root, cids: new Map(named.map(({ name, cid }) => [name, cid.toString()])), hide: () => { isPublic = false; } };
}
