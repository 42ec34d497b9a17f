import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import Arweave from 'arweave';
import t from 'tap';
import type { Test } from 'tap';
import { arlocalMissing, startArlocal } from '../support/arlocal.js';
import type { Arlocal } from '../support/arlocal.js';

/** The bundle library of arlocal's own packages: makes ANS-104 bundles and signs them with Ed25519. */
interface Bundles {
  createData(data: Uint8Array, signer: object, options: { tags: Tag[] }): Item;
  bundleAndSignData(items: Item[], signer: object): Promise<{ getRaw(): Buffer; getIdBy(number: number): string }>;
}
interface Tag { name: string; value: string }
type Item = object;
type Transaction = Awaited<ReturnType<Arweave['createTransaction']>>;

const BUNDLE_TAGS = [{ name: 'Bundle-Format', value: 'binary' }, { name: 'Bundle-Version', value: '2.0.0' }];
const AR = 10n ** 12n;
/** More than two chunks. */
const DATA = randomBytes(700_000);

/** Making one takes seconds. */
const wallet = await Arweave.init({}).wallets.generate();

async function site(t: Test): Promise<{ arlocal: Arlocal; arweave: Arweave; address: string }> {
  const arlocal = await startArlocal(t);
  const arweave = Arweave.init({ host: '127.0.0.1', port: new URL(arlocal.url).port, protocol: 'http' });
  const address = await arweave.wallets.jwkToAddress(wallet);
  await arlocal.mint(address, AR);
  return { arlocal, arweave, address };
}

async function signed(arweave: Arweave, data: Uint8Array, tags: Tag[] = []): Promise<Transaction> {
  const transaction = await arweave.createTransaction({ data }, wallet);
  for (const { name, value } of tags) transaction.addTag(name, value);
  await arweave.transactions.sign(transaction, wallet);
  return transaction;
}

async function post(url: string, body: object): Promise<number> {
  return (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })).status;
}

/** As it goes to a node when its data follow in chunks. */
function header(transaction: Transaction): object {
  return { ...transaction.toJSON(), data: '' };
}

async function postChunks(url: string, transaction: Transaction, data: Uint8Array, numbers: number[]): Promise<void> {
  for (const number of numbers) await post(`${url}/chunk`, transaction.getChunk(number, data));
}

async function bytesOf(url: string): Promise<Buffer | number> {
  const response = await fetch(url);
  return response.ok ? Buffer.from(await response.arrayBuffer()) : response.status;
}

async function statusOf(url: string, id: string): Promise<unknown> {
  const response = await fetch(`${url}/tx/${id}/status`);
  return response.status === 200 ? JSON.parse(await response.text()).number_of_confirmations : response.status;
}

t.test('a local Arweave', { skip: arlocalMissing }, async (t) => {
  await t.test('stores what comes in chunks, and charges it once', async (t) => {
    const { arlocal: { url, ...arlocal }, arweave, address } = await site(t);
    const transaction = await signed(arweave, DATA);
    t.equal(await statusOf(url, transaction.id), 404);
    t.equal(await post(`${url}/tx`, header(transaction)), 200);
    t.equal(await post(`${url}/tx`, header(transaction)), 208, 'the second time it is known');
    t.equal(await statusOf(url, transaction.id), 202);
    t.same(await arlocal.pending(), [transaction.id]);
    await postChunks(url, transaction, DATA, [2, 0]);
    await arlocal.mine();
    t.equal(await statusOf(url, transaction.id), 0);
    t.equal(await bytesOf(`${url}/${transaction.id}`), 404, 'no data with a hole in them');
    await postChunks(url, transaction, DATA, [0, 1, 2]);
    t.same(await bytesOf(`${url}/${transaction.id}`), DATA, 'in whichever order they came, and how often');
    await arlocal.mine(9);
    t.equal(await statusOf(url, transaction.id), 9);
    t.equal(await arlocal.balanceOf(address), AR - BigInt(transaction.reward));
  });

  await t.test('gives chunks by their place in the weave', async (t) => {
    const { arlocal: { url, ...arlocal }, arweave } = await site(t);
    const transactions = [await signed(arweave, DATA), await signed(arweave, DATA.subarray(1))];
    for (const [at, transaction] of transactions.entries()) {
      await post(`${url}/tx`, header(transaction));
      await postChunks(url, transaction, DATA.subarray(at), [0, 2]);
    }
    await arlocal.mine();
    for (const [at, transaction] of transactions.entries()) {
      const { offset, size } = JSON.parse(String(await bytesOf(`${url}/tx/${transaction.id}/offset`)));
      const chunkAt = async (byte: number): Promise<unknown> => {
        const answer = await bytesOf(`${url}/chunk/${offset - size + 1 + byte}`);
        return Buffer.isBuffer(answer) ? Buffer.from(JSON.parse(String(answer)).chunk, 'base64url') : answer;
      };
      const { chunks } = transaction.chunks ?? { chunks: [] };
      t.same(await chunkAt(0), DATA.subarray(at, at + (chunks[0]?.maxByteRange ?? 0)));
      t.equal(await chunkAt(chunks[1]?.minByteRange ?? 0), 404);
      t.same(await chunkAt((chunks[2]?.minByteRange ?? 0) + 5), DATA.subarray(at + (chunks[2]?.minByteRange ?? 0)));
    }
  });

  await t.test('unpacks a bundle once its data are there, and plays a path manifest', async (t) => {
    const { arlocal: { url, ...arlocal }, arweave } = await site(t);
    const require = createRequire(path.join(process.env['ARLOCAL_FOLDER'] ?? '', 'package.json'));
    const bundles: Bundles = require('arbundles');
    const signer = ed25519Signer();
    const named = (data: Uint8Array, type: string): Item => bundles.createData(data, signer, { tags: [{ name: 'Content-Type', value: type }] });
    const media = await bundles.bundleAndSignData([named(DATA, 'video/mp4'), named(Buffer.from('#EXTM3U\n'), 'application/vnd.apple.mpegurl')], signer);
    const paths = { '720p/0.m4s': { id: media.getIdBy(0) }, 'master.m3u8': { id: media.getIdBy(1) } };
    const manifest = Buffer.from(JSON.stringify({ manifest: 'arweave/paths', version: '0.2.0', index: { path: 'master.m3u8' }, paths }));
    const last = await bundles.bundleAndSignData([named(manifest, 'application/x.arweave-manifest+json')], signer);

    const transaction = await signed(arweave, media.getRaw(), BUNDLE_TAGS);
    await post(`${url}/tx`, header(transaction));
    await arlocal.mine();
    t.equal(await bytesOf(`${url}/${media.getIdBy(0)}`), 404);
    await postChunks(url, transaction, media.getRaw(), [0, 1, 2]);
    const lastTransaction = await signed(arweave, last.getRaw(), BUNDLE_TAGS);
    await post(`${url}/tx`, header(lastTransaction));
    await postChunks(url, lastTransaction, last.getRaw(), [0]);
    await arlocal.mine();
    t.same(await bytesOf(`${url}/${media.getIdBy(0)}`), DATA, 'an item of several chunks');
    const root = `${url}/${last.getIdBy(0)}`;
    t.same(await bytesOf(`${root}/720p/0.m4s`), DATA);
    t.equal(String(await bytesOf(root)), '#EXTM3U\n', 'its index');
    t.same(await bytesOf(`${url}/raw/${last.getIdBy(0)}`), manifest, 'and itself');
  });

  await t.test('drops a transaction, and refuses one with an anchor that is too old', async (t) => {
    const { arlocal: { url, ...arlocal }, arweave } = await site(t);
    const transaction = await signed(arweave, DATA);
    await post(`${url}/tx`, header(transaction));
    await arlocal.drop(transaction.id);
    t.equal(await statusOf(url, transaction.id), 404);
    await arlocal.mine(49);
    t.equal(await post(`${url}/tx`, header(transaction)), 200, 'while its anchor is one of the last 50 blocks');
    await arlocal.drop(transaction.id);
    await arlocal.mine();
    t.equal(await post(`${url}/tx`, header(transaction)), 400);
  });
});

/** What arbundles asks of one; it has its own only for other chains. */
function ed25519Signer(): object {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    signatureType: 2, signatureLength: 64, ownerLength: 32,
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32),
    sign: async (message: Uint8Array) => sign(null, message, privateKey),
  };
}
