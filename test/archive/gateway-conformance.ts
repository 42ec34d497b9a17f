import { CarReader } from '@ipld/car';
import { decode } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import { base58btc } from 'multiformats/bases/base58';
import { CID } from 'multiformats/cid';
import t from 'tap';
import { openDatabase } from '../support/accounts.js';
import { testDatabases } from '../support/database.js';
import { openGateway } from '../support/gateway.js';
import { LARGE, SMALL } from '../support/stored-recording.js';

/*
 * Cases of ipfs/gateway-conformance (tests/trustless_gateway_raw_test.go, trustless_gateway_car_test.go,
 * path_gateway_raw_test.go) and of the Trustless Gateway Specification, for what a recording has: files of one block and of
 * several, in folders.
 */

const BROADCAST = '11111111-1111-4111-8111-111111111111';
const [pglite] = testDatabases();
const RAW = 'application/vnd.ipld.raw';
const CAR = 'application/vnd.ipld.car';

t.test('the trustless gateway', async (t) => {
  if (pglite === undefined) throw new Error('there is always the embedded database');
  const gateway = await openGateway(t, await openDatabase(t, await pglite.open(t)), BROADCAST);
  const { url, root, small, large } = gateway;
  const get = (where: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> => fetch(`${url}/ipfs/${where}`, { method, headers });
  const carOf = async (where: string): Promise<{ status: number; etag: string | null; root: string | undefined; cids: string[] }> => {
    const response = await get(where);
    const car = await CarReader.fromBytes(new Uint8Array(await response.arrayBuffer()));
    const cids: string[] = [];
    for await (const { cid } of car.blocks()) cids.push(cid.toString());
    return { status: response.status, etag: response.headers.get('etag'), root: (await car.getRoots())[0]?.toString(), cids };
  };
  const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());
  const { cids: [, ...chunks] } = await carOf(`${large}?format=car`);
  const { cids: [, sourceFolder = ''] } = await carOf(`${root}/source?format=car&dag-scope=block`);

  t.test('what is asked for is what the query says, then what Accept likes best', async (t) => {
    const typeOf = async (where: string, accept: string): Promise<string | undefined> => (await get(where, { accept })).headers.get('content-type')?.split(';')[0];
    t.equal(await typeOf(small, RAW), RAW);
    t.equal(await typeOf(small, CAR), CAR);
    t.equal(await typeOf(`${small}?format=raw`, CAR), RAW, 'the query comes first');
    t.equal(await typeOf(small, `${CAR};q=0.5, ${RAW};q=0.9`), RAW);
    t.equal(await typeOf(small, `${RAW};q=0.5, ${CAR}`), CAR, 'no weight is the most');
    t.equal(await typeOf(small, `${RAW};q=0, */*`), 'video/iso.segment', 'a weight of 0 is a refusal');
    t.equal(await typeOf(small, `text/html, ${RAW};q=0.1`), RAW, 'what is not given here does not count');
    t.equal(await typeOf(small, `${CAR}; version=1; order=dfs; dups=y`), CAR);
  });

  t.test('a raw block has the head that it should have', async (t) => {
    const response = await get(`${small}?format=raw`);
    t.equal(response.status, 200);
    t.ok((await bytesOf(response)).equals(SMALL));
    t.equal(response.headers.get('content-length'), String(SMALL.length));
    t.match(response.headers.get('content-disposition'), new RegExp(`^attachment; filename="?${small}\\.bin"?$`));
    t.equal(response.headers.get('x-content-type-options'), 'nosniff');
    t.equal(response.headers.get('x-ipfs-roots'), small);
    t.equal(response.headers.get('x-ipfs-path'), `/ipfs/${small}`);
    const head = await get(`${small}?format=raw`, {}, 'HEAD');
    t.same([head.status, head.headers.get('content-length'), (await bytesOf(head)).length], [200, String(SMALL.length), 0]);
    t.match((await get(`${small}?format=raw&filename=part.bin`)).headers.get('content-disposition'), /^attachment; filename="?part\.bin"?$/);
    const range = await get(`${small}?format=raw`, { range: 'bytes=2-6' });
    t.same([range.status, range.headers.get('content-range')], [206, `bytes 2-6/${SMALL.length}`]);
    t.ok((await bytesOf(range)).equals(SMALL.subarray(2, 7)));
    const node = await bytesOf(await get(`${large}?format=raw`));
    t.equal(UnixFS.unmarshal(decode(node).Data ?? new Uint8Array()).blockSizes.length, 3, 'of a file of several blocks, its node');
  });

  t.test('a CAR has the head that it should have', async (t) => {
    const response = await get(`${large}?format=car`);
    t.match(response.headers.get('content-type'), /^application\/vnd\.ipld\.car; ?version=1; ?order=dfs; ?dups=y$/);
    t.match(response.headers.get('content-disposition'), new RegExp(`^attachment; filename="?${large}\\.car"?$`));
    t.equal(response.headers.get('accept-ranges'), 'none');
    t.equal(response.headers.get('x-content-type-options'), 'nosniff');
    const head = await get(`${large}?format=car`, {}, 'HEAD');
    t.same([head.status, (await bytesOf(head)).length, head.headers.get('etag')], [200, 0, response.headers.get('etag')]);
  });

  t.test('a CAR has the blocks on the way to its end', async (t) => {
    t.match(await carOf(`${root}/source/0.m4s?format=car`), { status: 200, root, cids: [root, sourceFolder, small] });
    t.match(await carOf(`${root}/source?format=car&dag-scope=entity`), { cids: [root, sourceFolder] }, 'a folder without what is in it');
    t.match(await carOf(`${root}/source/1.m4s?format=car&dag-scope=block`), { cids: [root, sourceFolder, large] });
    t.match(await carOf(`${root}/source/1.m4s?format=car&dag-scope=entity`), { cids: [root, sourceFolder, large, ...chunks] });
    t.match(await carOf(`${root}/source?format=car&dag-scope=all`), { cids: [root, sourceFolder, small, large, ...chunks] });
  });

  t.test('a CAR of a stretch has what that needs, and no more', async (t) => {
    const mib = 1 << 20;
    const stretch = async (from: number, to: number | '*', where = large): Promise<string[]> => (await carOf(`${where}?format=car&entity-bytes=${from}:${to}`)).cids;
    t.same(await stretch(0, '*'), [large, ...chunks]);
    t.same(await stretch(0, 0), [large, chunks[0]]);
    t.same(await stretch(mib - 1, mib), [large, chunks[0], chunks[1]], 'both sides of a border');
    t.same(await stretch(mib, 2 * mib - 1), [large, chunks[1]], 'exactly one chunk');
    t.same(await stretch(-10, '*'), [large, chunks[2]], 'from the end');
    t.same(await stretch(mib, -(LARGE.length - 2 * mib) - 1), [large, chunks[1]], 'up to a place before the end');
    t.same(await stretch(2 * mib, 99_999_999), [large, chunks[2]], 'beyond the end: as far as there is something');
    t.same(await stretch(LARGE.length, '*'), [large], 'wholly outside: the block that says so');
    t.same(await stretch(5, 9, small), [small]);
    t.same(await stretch(0, 10, root), [root], 'a folder has no bytes');
    t.same(await stretch(mib, mib, `${root}/source/1.m4s`), [root, sourceFolder, large, chunks[1]], 'behind a path');
  });

  t.test('each answer has a tag of its own, and who has it is not sent it again', async (t) => {
    const asked = [small, `${small}?format=raw`, `${large}?format=car`, `${large}?format=car&dag-scope=block`, `${large}?format=car&dag-scope=entity`, `${large}?format=car&entity-bytes=0:5`, `${large}?format=car&entity-bytes=0:*`, `${root}/source/1.m4s?format=car`];
    const tags = await Promise.all(asked.map(async (where) => (await get(where, {}, 'HEAD')).headers.get('etag') ?? ''));
    t.equal(new Set(tags).size, asked.length);
    for (const [at, where] of asked.entries()) {
      const tag = tags[at] ?? '';
      t.equal((await get(where, { 'if-none-match': tag })).status, 304, where);
      t.equal((await get(where, { 'if-none-match': `W/${tag.replace(/^W\//, '')}` })).status, 304, 'compared as a weak one');
      t.equal((await get(where, { 'if-none-match': `"x", ${tag}` })).status, 304, 'one of several');
      t.equal((await get(where, { 'if-none-match': '"x"' }, 'HEAD')).status, 200);
    }
  });

  t.test('what cannot be answered is refused with the status that says why', async (t) => {
    const missing = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku';
    for (const format of ['raw', 'car']) {
      t.equal((await get(`${missing}?format=${format}`)).status, 404, `${format}: a root that is not here`);
      t.equal((await get(`${missing}?format=${format}`, {}, 'HEAD')).status, 404);
      t.equal((await get(`${missing}?format=${format}`, { 'cache-control': 'only-if-cached' })).status, 412);
      t.equal((await get(`${small}?format=${format}`, { 'cache-control': 'only-if-cached' }, 'HEAD')).status, 200);
      t.equal((await get(`hello?format=${format}`)).status, 400);
    }
    t.equal((await get(`${root}/source/9.m4s?format=car`)).status, 404);
    t.equal((await get(`${small}?format=tar`)).status, 406);
    for (const query of ['dag-scope=some', 'dag-scope=all&dag-scope=block', 'entity-bytes=', 'entity-bytes=5', 'entity-bytes=*:5', 'entity-bytes=0:x', 'car-version=2']) {
      t.equal((await get(`${large}?format=car&${query}`)).status, 400, query);
    }
    t.equal((await get(large, { accept: `${CAR}; version=2` })).status, 400);
  });

  t.test('CIDs in other forms, and the one that everybody has', async (t) => {
    const zero = base58btc.encode(CID.parse(sourceFolder).multihash.bytes).slice(1);
    t.match(zero, /^Qm/);
    t.equal((await get(`${zero}?format=raw`)).status, 200, 'version 0');
    t.equal((await get(`${root}/%73ource/0.m4s`)).status, 200, 'a name in percent-encoding');
    const probe = await get('bafkqaaa?format=raw');
    t.same([probe.status, (await bytesOf(probe)).length, probe.headers.get('content-type')], [200, 0, RAW]);
    t.equal((await get('bafkqaaa?format=car', {}, 'HEAD')).status, 200);
  });

  t.test('scripts of other sites may ask', async (t) => {
    const response = await fetch(`${url}/ipfs/${small}`, { method: 'OPTIONS', headers: { origin: 'https://example.org', 'access-control-request-method': 'GET', 'access-control-request-headers': 'range' } });
    t.ok(response.ok);
    t.equal(response.headers.get('access-control-allow-origin'), '*');
    t.match(response.headers.get('access-control-allow-headers') ?? '', /range/i);
  });
});
