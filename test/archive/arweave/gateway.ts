import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import type { Test } from 'tap';
import { chunkData } from '../../../src/archive/arweave/data-chunks.js';
import { ArweaveFault } from '../../../src/archive/arweave/errors.js';
import { ArweaveGateway } from '../../../src/archive/arweave/gateway.js';

const ID = 'i'.repeat(43);
const ANCHOR = 'a'.repeat(64);
const KIB = 1 << 10;

type Answer = (response: ServerResponse, request: { url: string; method: string; text: string }) => unknown;

/** A gateway over a server on loopback that answers as told, and keeps what it was asked. */
async function gatewayWith(t: Test, answer: Answer, { timeoutMs = 5_000, path = '' } = {}) {
  const asked: string[] = [];
  const posted: string[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [url, method, text] = [request.url ?? '', request.method ?? '', Buffer.concat(chunks).toString()];
      asked.push(`${method} ${url}`);
      if (method === 'POST') posted.push(text);
      answer(response, { url, method, text });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  }));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return { asked, posted, gateway: new ArweaveGateway({ url: `http://127.0.0.1:${address.port}${path}`, timeoutMs }), port: address.port };
}

/** Always the same answer. */
function says(status: number, text: string | Buffer = '', headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(status, headers).end(text);
}

/** By path; what is not there is a 404. */
function knows(answers: Record<string, string>): Answer {
  return (response, { url }) => response.writeHead(answers[url] === undefined ? 404 : 200).end(answers[url] ?? 'Not Found.');
}

async function faultOf(work: Promise<unknown>): Promise<ArweaveFault> {
  const error = await work.then(() => undefined, (thrown: unknown) => thrown);
  if (error instanceof ArweaveFault) return error;
  throw new Error(`no fault but ${String(error)}`);
}

/** A transaction's header, as far as a gateway's client reads it. */
async function headerOf(data: Uint8Array): Promise<string> {
  return JSON.stringify({ id: ID, data_root: (await chunkData(data)).dataRoot, data_size: `${data.length}` });
}

t.test('prices, balances, heights and anchors are asked for', async (t) => {
  const { gateway, asked } = await gatewayWith(t, knows({
    '/base/price/1000': '65595508\n', '/base/wallet/abc/balance': '123456789012345678901', '/base/info': '{"network":"arweave.N.1","height":1500000}',
    '/base/tx_anchor': ANCHOR,
  }), { path: '/base/' });
  t.equal(await gateway.price(1_000), 65_595_508n);
  t.equal(await gateway.balance('abc'), 123_456_789_012_345_678_901n);
  t.same(await gateway.anchor(), { anchor: ANCHOR, height: 1_500_000 });
  t.equal(asked.length, 4);
});

t.test('what is not an answer of Arweave is the gateway\'s fault', async (t) => {
  for (const text of ['', '{', '-1', '1e3', 'null', '<html>', '{"height":"high"}', '9'.repeat(31)]) {
    const { gateway } = await gatewayWith(t, says(200, text));
    for (const work of [gateway.price(1), gateway.balance('abc'), gateway.anchor(), gateway.height(), gateway.status(ID)]) {
      t.equal((await faultOf(work)).fault, 'remote', text);
    }
  }
});

t.test('a gateway that is asked too often says when to come back', async (t) => {
  const waits = async (header: string | undefined) => {
    const { gateway } = await gatewayWith(t, says(429, 'slow down', header === undefined ? {} : { 'retry-after': header }));
    const { fault, answerStatus, retryAfterMs } = await faultOf(gateway.postTransaction('{}'));
    t.match({ fault, answerStatus }, { fault: 'remote', answerStatus: 429 });
    return retryAfterMs;
  };
  t.equal(await waits('7'), 7_000);
  t.equal(await waits('99999999'), 3_600_000, 'an hour at most');
  t.equal(await waits(undefined), undefined);
  t.equal(await waits('soon'), undefined);
  t.equal(await waits(new Date(0).toUTCString()), 0);
  const later = (await waits(new Date(Date.now() + 60_000).toUTCString())) ?? 0;
  t.ok(later > 50_000 && later <= 60_000, 'a date');
});

t.test('a gateway in trouble, or none', async (t) => {
  const { gateway, port } = await gatewayWith(t, says(503, 'down', { 'retry-after': '3' }), { path: '/key-of-mine/' });
  t.match(await faultOf(gateway.height()), { fault: 'remote', answerStatus: 503, retryAfterMs: 3_000, message: `127.0.0.1:${port} answered 503 to /info` }, 'without what may be secret in its address');
  const none = new ArweaveGateway({ url: 'http://user:secret@127.0.0.1:9' });
  t.notMatch((await faultOf(none.height())).message, 'secret');
  const cut = await gatewayWith(t, (response) => response.socket?.destroy());
  t.match(await faultOf(cut.gateway.height()), { fault: 'remote', answerStatus: undefined });
});

t.test('nobody is waited for for ever', async (t) => {
  const silent = await gatewayWith(t, () => undefined, { timeoutMs: 100 });
  t.match(await faultOf(silent.gateway.height()), { fault: 'remote', message: /did not answer \/info within 0.1 s/ });
  const slow = await gatewayWith(t, (response) => response.writeHead(200).write('1'), { timeoutMs: 100 });
  t.match(await faultOf(slow.gateway.price(1)), { fault: 'remote', message: /within 0.1 s/ });
  const stopped = new AbortController();
  const asking = faultOf(silent.gateway.balance('abc', stopped.signal));
  stopped.abort();
  t.equal((await asking).fault, 'remote');
});

t.test('an answer without end is not read to its end', async (t) => {
  const piece = Buffer.alloc(64 * KIB, '1');
  const { gateway } = await gatewayWith(t, (response) => {
    const pump = (): void => void (response.destroyed || response.write(piece, pump));
    response.writeHead(200);
    pump();
  });
  t.match(await faultOf(gateway.price(1)), { fault: 'remote', message: /sends more than 65536 bytes/ });
  t.match(await faultOf(gateway.fetchData(ID, 100_000)), { fault: 'remote', message: /sends more than 100000 bytes/ });
  const bomb = await gatewayWith(t, says(200, gzipSync(Buffer.alloc(5_000_000)), { 'content-encoding': 'gzip' }));
  t.match(await faultOf(bomb.gateway.fetchData(ID, 1_000_000)), { fault: 'remote', message: /sends more than/ });
});

t.test('redirects are followed within the gateway, a few', async (t) => {
  const { gateway } = await gatewayWith(t, (response, { url }) => (url === `/raw/${ID}` ? response.writeHead(302, { location: `/sandbox/${ID}` }).end() : response.end('the data')));
  t.equal(Buffer.from((await gateway.fetchData(ID, 100)) ?? '').toString(), 'the data');
  const loop = await gatewayWith(t, (response, { url }) => response.writeHead(302, { location: url }).end());
  t.match(await faultOf(loop.gateway.height()), { fault: 'remote', message: /more than 3 times/ });
  t.equal(loop.asked.length, 4);
});

t.test('a redirect to somebody else is no answer of this gateway', async (t) => {
  for (const location of ['http://localhost:1/x', 'https://example.org/', 'file:///etc/passwd', 'http://127.0.0.1.example.org/', 'http://[', '']) {
    const { gateway } = await gatewayWith(t, says(301, '', { location }));
    t.match(await faultOf(gateway.fetchData(ID, 100)), { fault: 'remote', message: /redirects/ }, location);
  }
  const elsewhere = await gatewayWith(t, says(308, '', { location: '/other' }));
  t.match(await faultOf(elsewhere.gateway.postTransaction('{}')), { fault: 'operator', answerStatus: 308 });
  t.equal(elsewhere.asked.length, 1, 'what costs money is not sent on');
});

t.test('a transaction that the gateway has already is posted', async (t) => {
  for (const [status, text] of [[200, 'OK'], [202, ''], [208, 'Transaction already processed.'], [400, 'Transaction is already in the mempool.'], [400, 'Transaction is already on the weave.']] as const) {
    const { gateway, asked, posted } = await gatewayWith(t, says(status, text));
    await gateway.postTransaction('{"id":"x"}');
    t.same([asked, posted], [['POST /tx'], ['{"id":"x"}']], text);
  }
});

t.test('a transaction that is refused says whose fault it is, in the gateway\'s words', async (t) => {
  const cases = [
    [400, 'Transaction verification failed.', 'operator'], [410, '{"code":410,"msg":"You don\'t have enough tokens"}', 'operator'], [402, '', 'operator'],
    [404, 'nginx', 'operator'], [403, 'IP address blocked', 'operator'], [400, 'Invalid anchor (last_tx).', 'remote'], [400, 'The attached data is split in an unknown way.', 'bug'],
    [413, 'Payload too large', 'bug'], [500, 'oops', 'remote'],
  ] as const;
  for (const [status, text, fault] of cases) {
    const { gateway } = await gatewayWith(t, says(status, text));
    t.match(await faultOf(gateway.postTransaction('{}')), { fault, answerStatus: status, ...(status < 500 && text !== '' && { message: text }) }, `${status} ${text}`);
  }
});

t.test('a refusal has nothing in it that a database or a terminal minds', async (t) => {
  const { gateway } = await gatewayWith(t, says(400, 'no\u0000\u001b[2J\u202e\nwhy'));
  t.match(await faultOf(gateway.postTransaction('{}')), { message: /and "no \[2J why"$/ });
});

t.test('chunks are posted with their proofs, the same ones when asked again', async (t) => {
  const data = randomBytes(600 * KIB);
  const json = await headerOf(data);
  const { gateway, asked, posted } = await gatewayWith(t, says(200));
  for (const number of [0, 1, 2, 1]) await gateway.postChunk(json, data, number);
  t.same(asked, Array.from({ length: 4 }, () => 'POST /chunk'));
  t.equal(posted[3], posted[1]);
  const { dataRoot, chunks } = await chunkData(data);
  const expected = chunks.map(({ from, to, offset, proof }) => ({ data_root: dataRoot, data_size: `${data.length}`, data_path: proof, offset: `${offset}`, chunk: data.toString('base64url', from, to) }));
  t.same(posted.slice(0, 3).map((text) => JSON.parse(text)), expected);
  t.match(await faultOf(gateway.postChunk(json, data, 3)), { fault: 'bug' });
});

t.test('data that changed since the transaction was signed are not posted', async (t) => {
  const { gateway, asked } = await gatewayWith(t, says(200));
  t.match(await faultOf(gateway.postChunk(await headerOf(Buffer.from('signed')), Buffer.from('sIgned'), 0)), { fault: 'bug', message: /not what the transaction was signed for/ });
  t.same(asked, []);
});

t.test('a chunk that is refused', async (t) => {
  const data = Buffer.from('data');
  const json = await headerOf(data);
  const post = async (status: number, text: string) => (await gatewayWith(t, says(status, text))).gateway.postChunk(json, data, 0);
  t.equal((await faultOf(post(400, '{"error":"invalid_proof"}'))).fault, 'bug');
  t.match(await faultOf(post(400, '{"error":"data_root_not_found"}')), { fault: 'remote', message: /data_root_not_found/ });
  t.equal((await faultOf(post(400, '{"error":"disk_full"}'))).fault, 'remote');
  t.equal((await faultOf(post(405, ''))).fault, 'operator');
  t.equal(await post(303, ''), undefined, 'kept for a while and passed on');
});

t.test('a transaction is unknown, pending or confirmed', async (t) => {
  const status = async (code: number, text: string) => (await gatewayWith(t, says(code, text))).gateway.status(ID);
  t.same(await status(404, 'Not Found.'), { kind: 'unknown' });
  t.same(await status(202, 'Pending'), { kind: 'pending' });
  t.same(await status(200, 'Pending'), { kind: 'pending' });
  t.same(await status(200, '{"block_height":5,"block_indep_hash":"x","number_of_confirmations":12}'), { kind: 'confirmed', confirmations: 12 });
  t.equal((await faultOf(status(200, '{"number_of_confirmations":-1}'))).fault, 'remote');
});

t.test('whether a gateway has the chunks is found by looking at some', async (t) => {
  const data = randomBytes(1_200 * KIB);
  const json = await headerOf(data);
  const { chunks } = await chunkData(data);
  const start = 377_144_067_530_999n;
  const answers: Record<string, string> = { [`/tx/${ID}/offset`]: JSON.stringify({ size: `${data.length}`, offset: `${start + BigInt(data.length) - 1n}` }) };
  for (const { from, to } of chunks) answers[`/chunk/${start + BigInt(from)}`] = JSON.stringify({ chunk: data.toString('base64url', from, to), packing: 'unpacked' });
  const { gateway, asked } = await gatewayWith(t, (...all) => knows(answers)(...all));
  t.equal(await gateway.checkSeeded(json, data), true);
  t.equal(asked.length, 4, 'the first, the last, one between');
  const last = `/chunk/${start + BigInt(chunks.at(-1)?.from ?? 0)}`;
  answers[last] = JSON.stringify({ chunk: randomBytes(5).toString('base64url') });
  t.equal(await gateway.checkSeeded(json, data), false, 'other bytes');
  delete answers[last];
  t.equal(await gateway.checkSeeded(json, data), false, 'a chunk is lost');
  delete answers[`/tx/${ID}/offset`];
  t.equal(await gateway.checkSeeded(json, data), false, 'not mined');
});

t.test('data come raw where that is known, else from the bare address', async (t) => {
  const both = await gatewayWith(t, knows({ [`/raw/${ID}`]: 'manifest', [`/${ID}`]: 'its index' }));
  t.equal(Buffer.from((await both.gateway.fetchData(ID, 8)) ?? '').toString(), 'manifest');
  const bare = await gatewayWith(t, knows({ [`/${ID}`]: 'data' }));
  t.equal(Buffer.from((await bare.gateway.fetchData(ID, 4)) ?? '').toString(), 'data');
  t.match(await faultOf(bare.gateway.fetchData(ID, 3)), { fault: 'remote', message: /more than 3 bytes/ });
  const none = await gatewayWith(t, knows({}));
  t.equal(await none.gateway.fetchData(ID, 100), undefined);
  const pending = await gatewayWith(t, says(202, 'Pending'));
  t.equal(await pending.gateway.fetchData(ID, 100), undefined);
  const blocked = await gatewayWith(t, says(451));
  t.match(await faultOf(blocked.gateway.fetchData(ID, 100)), { fault: 'remote', answerStatus: 451 });
});
