import t from 'tap';
import { webContentCid } from '../../src/archive/check/web-hash.js';
import { SignedChain } from '../../src/archive/check/signed-chain.js';
import { contentName } from '../../src/archive/cid/content-hash.js';
import { checkChain } from '../../src/archive/manifest/manifest-chain.js';
import { ManifestMaker } from '../support/signed-manifest.js';

const MIB = 1 << 20;

t.test('browsers give files the names that the server gives them', async (t) => {
  for (const size of [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB + 5]) {
    const bytes = new Uint8Array(size).fill(7);
    t.equal((await webContentCid(bytes)).toString(), contentName([bytes]).cid.toString(), `${size} bytes`);
  }
});

t.test('browsers read manifests as the server does', async (t) => {
  const manifest = new ManifestMaker();
  for (const number of [1, 2, 3]) manifest.sign([{ number, bytes: Buffer.from(`segment ${number}`) }], { isFinal: number === 3 });
  const blocks = manifest.blocks.map(({ bytes }) => bytes);
  const chain = new SignedChain({ key: manifest.key });
  for (const block of blocks) await chain.add(block);
  const read = checkChain(blocks);
  t.same(chain.manifest?.segments.map(({ cid }) => cid.toString()), read.segments.map(({ cid }) => cid.toString()));
  t.equal(chain.manifest?.head.toString(), read.head.toString());
  t.equal(chain.find('source/2.m4s')?.sizeBytes, 9);
});

t.test('browsers refuse what the server refuses', async (t) => {
  const [manifest, other] = [new ManifestMaker(), new ManifestMaker()];
  manifest.sign([]);
  other.sign([], { key: manifest.key });
  const bytes = manifest.blocks[0]?.bytes ?? new Uint8Array();
  const forged = Uint8Array.from(bytes);
  forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
  await t.rejects(new SignedChain().add(forged), { name: 'ManifestBroken', message: /is not signed by/ }, 'a changed signature');
  await t.rejects(new SignedChain().add(other.blocks[0]?.bytes ?? bytes), { name: 'ManifestBroken', message: /is not signed by/ }, 'a foreign signature under a known name');
  await t.rejects(new SignedChain({ key: other.key }).add(bytes), { name: 'ManifestBroken', message: /not by/ }, 'another key than the one that is known');
  await t.rejects(new SignedChain().add(new Uint8Array(3)), { name: 'ManifestBroken', message: /cannot be read/ }, 'no block');
});
