import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CarReader } from '@ipld/car';
import { sql } from 'kysely';
import { CID } from 'multiformats/cid';
import t from 'tap';
import type { Test } from 'tap';
import { BlockStore, gatewayRoutes } from '../../src/archive/index.js';
import { placeOfBlock, placesOfFile } from '../../src/archive/blocks/places.js';
import { contentName } from '../../src/archive/cid/content-hash.js';
import { recordingFolder } from '../../src/archive/cid/recording-folder.js';
import { createHttpApp } from '../../src/platform/index.js';
import type { Db } from '../../src/platform/index.js';
import { openDatabase } from '../support/accounts.js';
import { testDatabases } from '../support/database.js';
import { recordingLog } from '../support/log.js';

const BROADCAST = '11111111-1111-4111-8111-111111111111';
const OWNER = '22222222-2222-4222-8222-222222222222';
const SMALL = Buffer.from('a short segment');
const LARGE = Buffer.alloc(2_500_000, (() => 'not all the same '.repeat(7))());
const NOBODYS = contentName([Buffer.from('nobody has this')]).cid.toString();

async function addBroadcast(db: Db): Promise<void> {
  await sql`insert into users (id, username, email, password_hash, role, created_at) values (${OWNER}, 'ada', 'ada@example.org', '', 'admin', now()) on conflict do nothing`.execute(db);
  await sql`insert into channels (id, owner_id, slug, title, created_at) values (${OWNER}, ${OWNER}, 'ada', 'ada', now()) on conflict do nothing`.execute(db);
  await sql`insert into broadcasts (id, channel_id, started_at) values (${BROADCAST}, ${OWNER}, now()) on conflict do nothing`.execute(db);
}

/** A gateway that has one recording: two segments, one of three chunks, and a playlist. */
async function serve(t: Test, db: Db): Promise<{ url: string; root: string; small: string; large: string; hide: () => void; mediaDir: string }> {
  const mediaDir = await mkdtemp(path.join(tmpdir(), 'tidemark-gateway-'));
  t.after(() => rm(mediaDir, { recursive: true, force: true }));
  await addBroadcast(db);
  await mkdir(path.join(mediaDir, BROADCAST, 'source'), { recursive: true });
  const files = [{ name: 'source/0.m4s', bytes: SMALL }, { name: 'source/1.m4s', bytes: LARGE }];
  let isPublic = true;
  const store = new BlockStore({ db, mediaDir, isPublic: async () => isPublic });
  const named = await Promise.all(files.map(async ({ name, bytes }) => {
    await writeFile(path.join(mediaDir, BROADCAST, name), bytes);
    const content = contentName([bytes]);
    await store.add(BROADCAST, placesOfFile(name, content));
    return { name, ...content };
  }));
  const playlist = Buffer.from('#EXTM3U\n');
  const master = contentName([playlist]);
  await writeFile(path.join(mediaDir, BROADCAST, 'master.m3u8'), playlist);
  const folder = recordingFolder([...named, { name: 'master.m3u8', ...master }]);
  if (folder === undefined) throw new Error('a small folder has a block');
  await store.add(BROADCAST, [...placesOfFile('master.m3u8', master), ...folder.blocks.map((block) => placeOfBlock(block))]);
  const app = createHttpApp({ trustProxy: 0, bare: [{ path: '/', handler: gatewayRoutes({ store, corsOrigin: '*' }) }], routes: [], log: recordingLog() });
  const server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const cidOf = (name: string): string => named.find((one) => one.name === name)?.cid.toString() ?? '';
  return { url, root: folder.root.toString(), small: cidOf('source/0.m4s'), large: cidOf('source/1.m4s'), hide: () => { isPublic = false; }, mediaDir };
}

function headersOf(response: Response): Record<string, string> {
  const headers: Record<string, string> = {};
  response.headers.forEach((value, name) => { headers[name] = value; });
  return headers;
}

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    t.test('a block is what its CID says', async (t) => {
      const { url, small, large } = await serve(t, db);
      for (const cid of [small, large]) {
        const response = await fetch(`${url}/ipfs/${cid}?format=raw`);
        const digest = createHash('sha256').update(await bytesOf(response)).digest();
        t.same(Buffer.from(CID.parse(cid).multihash.digest), digest, cid);
        t.match(headersOf(response), { 'content-type': 'application/vnd.ipld.raw', etag: `"${cid}.raw"`, 'x-content-type-options': 'nosniff', 'cache-control': 'public, max-age=60', 'content-disposition': /attachment/, 'access-control-allow-origin': '*' });
      }
      t.equal((await fetch(`${url}/ipfs/${small}`, { headers: { accept: 'application/vnd.ipld.raw' } })).headers.get('content-type'), 'application/vnd.ipld.raw', 'by the header too');
    });

    t.test('a file comes whole, in ranges, and not again', async (t) => {
      const { url, large, root } = await serve(t, db);
      const whole = await fetch(`${url}/ipfs/${large}`);
      t.ok((await bytesOf(whole)).equals(LARGE));
      t.equal(whole.headers.get('etag'), `"${large}"`);
      const range = await fetch(`${url}/ipfs/${root}/source/1.m4s`, { headers: { range: 'bytes=1048570-1048590' } });
      t.equal(range.status, 206);
      t.equal(range.headers.get('content-range'), `bytes 1048570-1048590/${LARGE.length}`);
      t.ok((await bytesOf(range)).equals(LARGE.subarray(1_048_570, 1_048_591)), 'across the border of two chunks');
      t.equal((await fetch(`${url}/ipfs/${large}`, { headers: { 'if-none-match': `"${large}"` } })).status, 304);
      t.equal((await fetch(`${url}/ipfs/${large}`, { headers: { range: 'bytes=99999999-' } })).status, 416);
      const head = await fetch(`${url}/ipfs/${large}`, { method: 'HEAD' });
      t.same([head.status, head.headers.get('content-length')], [200, String(LARGE.length)]);
      const playlist = await fetch(`${url}/ipfs/${root}/master.m3u8`);
      t.equal(await playlist.text(), '#EXTM3U\n');
      t.match(playlist.headers.get('content-type'), 'application/vnd.apple.mpegurl');
      t.match(playlist.headers.get('x-ipfs-roots'), `${root},`);
    });

    t.test('a CAR has all that is needed to verify it', async (t) => {
      const { url, root, small, large } = await serve(t, db);
      const response = await fetch(`${url}/ipfs/${root}?format=car`);
      const car = await CarReader.fromBytes(await bytesOf(response));
      t.equal((await car.getRoots())[0]?.toString(), root);
      const cids: string[] = [];
      for await (const { cid, bytes } of car.blocks()) {
        t.same(Buffer.from(cid.multihash.digest), createHash('sha256').update(bytes).digest());
        cids.push(cid.toString());
      }
      t.ok(cids.includes(small) && cids.includes(large));
      t.equal(cids.length, 1 + 1 + 1 + 1 + 1 + 3, 'folder, playlist, folder, segment, node and its chunks');
      const scoped = async (query: string): Promise<number> => {
        let count = 0;
        const blocks = (await CarReader.fromBytes(await bytesOf(await fetch(`${url}/ipfs/${query}`)))).blocks();
        for await (const _ of blocks) count++;
        return count;
      };
      t.equal(await scoped(`${root}?format=car&dag-scope=block`), 1);
      t.equal(await scoped(`${root}?format=car&dag-scope=entity`), 1, 'a folder is an entity without what is in it');
      t.equal(await scoped(`${large}?format=car&dag-scope=entity`), 4, 'a file is one with its chunks');
    });

    t.test('what is not here, private or nonsense', async (t) => {
      const { url, root, small, hide, mediaDir } = await serve(t, db);
      const codeOf = async (where: string): Promise<unknown> => {
        const response = await fetch(`${url}${where}`);
        return [response.status, Reflect.get(await response.json() as object, 'code')];
      };
      t.same(await codeOf(`/ipfs/${NOBODYS}`), [404, 'block_unknown']);
      t.same(await codeOf('/ipfs/hello'), [400, 'cid_invalid']);
      t.same(await codeOf(`/ipfs/${'b'.repeat(5000)}`), [400, 'cid_invalid']);
      t.same(await codeOf(`/ipfs/${root}/source/9.m4s`), [404, 'path_unknown']);
      t.same(await codeOf(`/ipfs/${root}/source/..%2f..%2fsecret`), [404, 'path_unknown']);
      t.same(await codeOf(`/ipfs/${small}/x`), [404, 'path_unknown'], 'a file has nothing in it');
      t.same(await codeOf(`/ipfs/${root}`), [406, 'is_folder']);
      t.same(await codeOf(`/ipfs/${root}?format=tar`), [406, 'format_unknown']);
      await rm(path.join(mediaDir, BROADCAST, 'source/0.m4s'));
      t.same(await codeOf(`/ipfs/${small}`), [404, 'block_unknown'], 'the file is gone');
      hide();
      t.same(await codeOf(`/ipfs/${root}?format=raw`), [404, 'block_unknown'], 'a private recording');
    });
  });
}
