import { generateKeyPairSync, sign } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CarReader } from '@ipld/car';
import t from 'tap';
import type { Test } from 'tap';
import { contentName } from '../../src/archive/cid/content-hash.js';
import { didOf, publicKeyOf } from '../../src/archive/manifest/did-key.js';
import { openBlock, sealBlock } from '../../src/archive/manifest/manifest-block.js';
import type { ManifestBody } from '../../src/archive/manifest/manifest-body.js';
import { checkChain } from '../../src/archive/manifest/manifest-chain.js';
import { readManifest } from '../../src/archive/manifest/manifest-file.js';
import { RollingManifest } from '../../src/archive/manifest/rolling-manifest.js';
import type { ManifestSigner } from '../../src/archive/manifest/rolling-manifest.js';
import { recordingLog } from '../support/log.js';

const BROADCAST = '11111111-1111-4111-8111-111111111111';
const HOUR_MS = 3_600_000;

function newSigner(): ManifestSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { key: didOf(publicKey), sign: (bytes) => sign(null, bytes, privateKey) };
}

function segment(number: number): ManifestBody['segments'][number] {
  const { cid, sizeBytes } = contentName([Buffer.from(`segment ${number}`)]);
  return { rendition: 'source', number, take: 0, discontinuity: 0, startUs: number * 2_000_000, durationUs: 2_000_000, sizeBytes, cid };
}

function bodyOf(signer: ManifestSigner, changes: Partial<ManifestBody> = {}): ManifestBody {
  return {
    format: 'tidemark-manifest', version: 1, broadcast: BROADCAST, channel: 'ada', key: signer.key, number: 0, previous: null,
    epochMs: 1_000, signedAtMs: 2_000, inits: [], segments: [], files: [], folder: null, isFinal: false, ...changes,
  };
}

/** A manifest of three blocks in a file of its own; the last one is final. */
async function written(t: Test, signer = newSigner()): Promise<{ file: string; blocks: Uint8Array[]; signer: ManifestSigner }> {
  const file = path.join(await folder(t), 'manifest.car');
  const rolling = roll(file, signer);
  rolling.addInit({ rendition: 'source', take: 0, sizeBytes: 1, cid: contentName([Buffer.from('i')]).cid });
  for (const number of [1, 2]) {
    rolling.addSegment(segment(number));
    await rolling.sign();
  }
  rolling.addSegment(segment(3));
  await rolling.finish({ files: [], folder: null });
  return { file, blocks: rolling.blocks.map(({ bytes }) => bytes), signer };
}

function roll(file: string, signer: ManifestSigner, resumed?: ConstructorParameters<typeof RollingManifest>[0]['resumed']): RollingManifest {
  return new RollingManifest({ file, broadcast: BROADCAST, channel: 'ada', epochMs: 1_000, signer, everyMs: HOUR_MS, resumed, log: recordingLog() });
}

async function folder(t: Test): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'tidemark-manifest-'));
  t.after(() => rm(made, { recursive: true, force: true }));
  return made;
}

t.test('what was signed reads back, from memory and from the disk', async (t) => {
  const { file, blocks, signer } = await written(t);
  const manifest = checkChain(blocks, { key: signer.key });
  t.same(manifest.segments.map(({ number }) => number), [1, 2, 3]);
  t.same([manifest.key, manifest.broadcast, manifest.isFinal, manifest.inits.length], [signer.key, BROADCAST, true, 1]);
  t.same((await readManifest(file))?.blocks.map((bytes) => Buffer.from(bytes)), blocks.map((bytes) => Buffer.from(bytes)));
});

t.test('the file is a CAR that other software reads', async (t) => {
  const { file, blocks } = await written(t);
  const car = await CarReader.fromBytes(await readFile(file));
  const cids = [];
  for await (const { cid, bytes } of car.blocks()) {
    cids.push(cid.toString());
    t.ok(openBlock(bytes).cid.equals(cid), 'each block is what its CID says');
  }
  t.equal(cids.length, blocks.length);
  t.equal((await car.getRoots())[0]?.toString(), cids[0]);
});

t.test('a key has the did:key that others give it', async (t) => {
  // Test vector of the did:key specification.
  const did = 'did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp';
  t.equal(didOf(publicKeyOf(did)), did);
  t.throws(() => publicKeyOf('did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme'), /is not the did:key of an Ed25519 key/);
});

t.test('a broken chain is refused, with the place', async (t) => {
  const { blocks: [first, second, third], signer } = await written(t);
  if (first === undefined || second === undefined || third === undefined) throw new Error('there are three blocks');
  const other = newSigner();
  const flipped = Buffer.from(second);
  flipped[200] = (flipped[200] ?? 0) ^ 1;
  const head = openBlock(first).cid;
  const seal = (changes: Partial<ManifestBody>, by = signer): Uint8Array => sealBlock(bodyOf(signer, changes), (bytes) => by.sign(bytes)).bytes;
  const cases: [string, Uint8Array[], number, RegExp][] = [
    ['nothing', [], 0, /is missing/],
    ['the first is missing', [second, third], 0, /has the number 1/],
    ['one in the middle is missing', [first, third], 1, /has the number 2/],
    ['two are swapped', [first, third, second], 1, /has the number 2/],
    ['a flipped bit', [first, flipped, third], 1, /cannot be read|is not signed|does not follow/],
    ['signed by somebody else', [first, seal({ number: 1, previous: head }, other)], 1, /is not signed by/],
    ['another key goes on', [first, sealBlock(bodyOf(other, { number: 1, previous: head }), (bytes) => other.sign(bytes)).bytes], 1, /another key/],
    ['it follows something else', [first, seal({ number: 1, previous: openBlock(third).cid })], 1, /does not follow/],
    ['it is of another broadcast', [first, seal({ number: 1, previous: head, broadcast: '22222222-2222-4222-8222-222222222222' })], 1, /another broadcast/],
    ['a segment is named twice', [first, seal({ number: 1, previous: head, segments: [segment(1)] })], 1, /names source\/1\.m4s again/],
    ['something after the end', [first, second, third, seal({ number: 3, previous: openBlock(third).cid })], 3, /comes after the last one/],
    ['no CBOR', [Buffer.from('hello')], 0, /cannot be read/],
    ['an empty block', [new Uint8Array()], 0, /cannot be read/],
  ];
  for (const [what, blocks, block, message] of cases) t.throws(() => checkChain(blocks), { name: 'ManifestBroken', block, message }, what);
  t.throws(() => checkChain([first, second], { key: other.key }), { block: 0, message: /not by did:key/ }, 'a key that the reader did not ask for');
  t.equal(checkChain([first, second]).isFinal, false, 'a chain that goes on is good as far as it goes');
});

t.test('the form of a block is the only one: other bytes that mean the same are refused', async (t) => {
  const { blocks: [first], signer } = await written(t);
  const { bodyBytes, signature } = openBlock(first ?? new Uint8Array());
  // A map of two entries whose length is written in one byte more than it needs.
  const longer = Buffer.concat([Buffer.from([0xb8, 2]), Buffer.from(first ?? []).subarray(1)]);
  t.throws(() => openBlock(longer));
  t.ok(signature.length === 64 && bodyBytes.length > 0);
  t.throws(() => openBlock(sealBlock({ ...bodyOf(signer), extra: 1 } as ManifestBody, (bytes) => signer.sign(bytes)).bytes), 'what is not known is not believed');
});

t.test('a crash in the middle of a write costs what was not whole', async (t) => {
  const { file, signer } = await written(t);
  const whole = await readFile(file);
  for (const cut of [1, 50, 100]) {
    await writeFile(file, whole);
    await truncate(file, whole.length - cut);
    const stored = await readManifest(file);
    t.equal(stored?.blocks.length, 2, `${cut} bytes short`);
    const resumed = roll(file, signer, stored && { blocks: stored.blocks.map((bytes) => ({ cid: openBlock(bytes).cid, bytes })), sizeBytes: stored.sizeBytes });
    resumed.addSegment(segment(7));
    await resumed.finish({ files: [], folder: null });
    const after = await readManifest(file);
    t.same(checkChain(after?.blocks ?? [], { key: signer.key }).segments.map(({ number }) => number), [1, 2, 7]);
  }
  await appendFile(file, Buffer.from([200, 1, 2, 3]));
  t.equal((await readManifest(file))?.blocks.length, 3, 'what is behind the last block is left out');
});

t.test('a disk that takes nothing for a while loses nothing', async (t) => {
  const place = await folder(t);
  const signer = newSigner();
  const rolling = roll(path.join(place, 'later', 'manifest.car'), signer);
  rolling.addSegment(segment(1));
  await rolling.sign();
  t.equal(await readManifest(path.join(place, 'later', 'manifest.car')), undefined, 'there is no such folder yet');
  await import('node:fs/promises').then(({ mkdir }) => mkdir(path.join(place, 'later')));
  rolling.addSegment(segment(2));
  await rolling.finish({ files: [], folder: null });
  const stored = await readManifest(path.join(place, 'later', 'manifest.car'));
  t.same(checkChain(stored?.blocks ?? []).segments.map(({ number }) => number), [1, 2]);
});
