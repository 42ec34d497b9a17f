import { constants, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import { generateTransactionChunks, validatePath } from 'arweave/node/lib/merkle.js';
import transactionModule from 'arweave/node/lib/transaction.js';
import t from 'tap';
import { z } from 'zod';
import { chunkData } from '../../../src/archive/arweave/data-chunks.js';
import { BUNDLE_TAGS } from '../../../src/archive/arweave/data-item.js';
import { signTransaction } from '../../../src/archive/arweave/transaction.js';
import type { Payer } from '../../../src/archive/arweave/transaction.js';

const KIB = 1 << 10;
const ANCHOR = 'a'.repeat(64);

const tag = z.object({ name: z.string(), value: z.string() });
const posted = z.strictObject({
  format: z.literal(2), id: z.string(), last_tx: z.string(), owner: z.string(), tags: z.array(tag), target: z.literal(''), quantity: z.literal('0'),
  data: z.string(), data_size: z.string(), data_root: z.string(), reward: z.string(), signature: z.string(),
});

function newPayer(): Payer {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const owner = privateKey.export({ format: 'jwk' }).n ?? '';
  return { owner, sign: async (bytes) => sign('sha256', bytes, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING }) };
}

t.test('data are cut, and their tree is built, as Arweave\'s own tools do it', async (t) => {
  for (const sizeBytes of [1, 32 * KIB, 256 * KIB - 1, 256 * KIB, 256 * KIB + 1, 288 * KIB - 1, 288 * KIB, 512 * KIB, 512 * KIB + 5, 3_000_000]) {
    const data = randomBytes(sizeBytes);
    const [ours, theirs] = [await chunkData(data), await generateTransactionChunks(data)];
    t.equal(ours.dataRoot, Buffer.from(theirs.data_root).toString('base64url'), `root of ${sizeBytes} bytes`);
    t.same(ours.chunks.map(({ from, to }) => [from, to]), theirs.chunks.map(({ minByteRange, maxByteRange }) => [minByteRange, maxByteRange]), `chunks of ${sizeBytes} bytes`);
    t.same(ours.chunks.map(({ offset, proof }) => [offset, proof]), theirs.proofs.map(({ offset, proof }) => [offset, Buffer.from(proof).toString('base64url')]), `proofs of ${sizeBytes} bytes`);
  }
});

t.test('each proof holds', async (t) => {
  const data = randomBytes(1_000_000);
  const { dataRoot, chunks } = await chunkData(data);
  t.equal(chunks.length, 4);
  for (const { offset, proof, to } of chunks) {
    t.match(await validatePath(Buffer.from(dataRoot, 'base64url'), offset, 0, data.length, Buffer.from(proof, 'base64url')), { rightBound: to });
  }
});

t.test('a transaction is whole, without the data, and its signature is good', async (t) => {
  const payer = newPayer();
  const data = randomBytes(600_000);
  const signed = await signTransaction(payer, { data, tags: BUNDLE_TAGS, anchor: ANCHOR, rewardWinston: 123_456_789_012_345_678_901n });
  const json = posted.parse(JSON.parse(signed.json));
  const { dataRoot } = await chunkData(data);
  t.match(signed, { id: json.id, owner: payer.owner, rewardWinston: '123456789012345678901', anchor: ANCHOR, dataSizeBytes: 600_000, chunks: 3 });
  t.match(json, { owner: payer.owner, last_tx: ANCHOR, reward: '123456789012345678901', data_size: '600000', data_root: dataRoot });
  t.same(json.tags.map(({ name, value }) => `${Buffer.from(name, 'base64url')}: ${Buffer.from(value, 'base64url')}`), ['Bundle-Format: binary', 'Bundle-Version: 2.0.0']);
  const { tags, data: none, ...fields } = json;
  t.equal(none, '', 'what is posted first is a header');
  const theirs = new transactionModule.default(fields);
  for (const { name, value } of tags) theirs.addTag(Buffer.from(name, 'base64url').toString(), Buffer.from(value, 'base64url').toString());
  const key = createPublicKey({ key: { kty: 'RSA', e: 'AQAB', n: json.owner }, format: 'jwk' });
  t.ok(verify('sha256', await theirs.getSignatureData(), { key, padding: constants.RSA_PKCS1_PSS_PADDING }, Buffer.from(json.signature, 'base64url')));
});

t.test('signed once more it is another transaction: it must be kept, not made again', async (t) => {
  const payer = newPayer();
  const options = { data: randomBytes(10), tags: BUNDLE_TAGS, anchor: ANCHOR, rewardWinston: 1n };
  t.not((await signTransaction(payer, options)).id, (await signTransaction(payer, options)).id);
});
