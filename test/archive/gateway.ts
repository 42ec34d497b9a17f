import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { CarReader } from '@ipld/car';
import { CID } from 'multiformats/cid';
import t from 'tap';
import { listOwners } from '../../src/archive/blocks/queries.js';
import { contentName } from '../../src/archive/cid/content-hash.js';
import { openDatabase } from '../support/accounts.js';
import { testDatabases } from '../support/database.js';
import { openGateway } from '../support/gateway.js';
import { LARGE } from '../support/stored-recording.js';
import { until } from '../support/until.js';

const BROADCAST = '11111111-1111-4111-8111-111111111111';
const NOBODYS = contentName([Buffer.from('nobody has this')]).cid.toString();

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
      const { url, small, large } = await openGateway(t, db, BROADCAST);
      for (const cid of [small, large]) {
        const response = await fetch(`${url}/ipfs/${cid}?format=raw`);
        const digest = createHash('sha256').update(await bytesOf(response)).digest();
        t.same(Buffer.from(CID.parse(cid).multihash.digest), digest, cid);
        t.match(headersOf(response), { 'content-type': 'application/vnd.ipld.raw', etag: `"${cid}.raw"`, 'x-content-type-options': 'nosniff', 'cache-control': 'public, max-age=60', 'content-disposition': /attachment/, 'access-control-allow-origin': '*' });
      }
      t.equal((await fetch(`${url}/ipfs/${small}`, { headers: { accept: 'application/vnd.ipld.raw' } })).headers.get('content-type'), 'application/vnd.ipld.raw', 'by the header too');
    });

    t.test('names without end, and such as every object has, are refused at once', async (t) => {
      const { url, small } = await openGateway(t, db, BROADCAST);
      const began = performance.now();
      for (let i = 0; i < 5; i++) t.equal((await fetch(`${url}/ipfs/z${'2'.repeat(15_000)}`)).status, 400);
      t.ok(performance.now() - began < 1_000, 'reading one would take a third of a second');
      t.equal((await fetch(`${url}/ipfs/${small}?format=constructor`)).status, 406);
      t.equal((await fetch(`${url}/ipfs/${small}`, { headers: { accept: 'constructor' } })).headers.get('etag'), `"${small}"`);
    });

    t.test('one address is sent a few CAR files at a time', async (t) => {
      const { url, root, store } = await openGateway(t, db, BROADCAST);
      const held: (() => void)[] = [];
      const read = store.read.bind(store);
      store.read = async (block) => {
        await new Promise<void>((resolve) => held.push(resolve));
        return read(block);
      };
      const ask = () => fetch(`${url}/ipfs/${root}?format=car&dag-scope=block`);
      const first = Array.from({ length: 8 }, ask);
      await until('eight to be read', () => held.length === 8 || undefined);
      t.equal((await ask()).status, 429);
      store.read = read;
      for (const go of held) go();
      for (const response of await Promise.all(first)) await response.arrayBuffer();
      t.equal((await until('a turn', async () => ((await ask()).status === 200) || undefined)), true, 'then it is its turn again');
    });

    t.test('a file comes whole, in ranges, and not again', async (t) => {
      const { url, large, root } = await openGateway(t, db, BROADCAST);
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
      const { url, root, small, large } = await openGateway(t, db, BROADCAST);
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
      const { url, root, small, hide, mediaDir } = await openGateway(t, db, BROADCAST);
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

    t.test('what is deleted is forgotten, what is only away is not', async (t) => {
      const { store, mediaDir, kept } = await openGateway(t, db, BROADCAST);
      const rows = async (): Promise<number> => (await listOwners(db)).length;
      await rm(path.join(mediaDir, BROADCAST), { recursive: true });
      kept.push(BROADCAST);
      await store.start();
      await store.stop();
      t.equal(await rows(), 1, 'a recording whose disk does not answer');
      kept.pop();
      await store.start();
      await store.stop();
      t.equal(await rows(), 0, 'a broadcast that was not to be kept');
    });
  });
}
