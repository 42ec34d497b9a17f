import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from 'node:crypto';
import deepHashModule from 'arweave/node/lib/deepHash.js';
import t from 'tap';
import { BUNDLE_TAGS, makeBundle, makeDataItem } from '../../../src/archive/arweave/data-item.js';
import type { ItemSigner, Tag } from '../../../src/archive/arweave/data-item.js';
import { deepHash } from '../../../src/archive/arweave/deep-hash.js';

const EMPTY = new Uint8Array();
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** DER of an Ed25519 public key (RFC 8410), before its 32 bytes. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

function newSigner(): ItemSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length), sign: (bytes) => sign(null, bytes, privateKey) };
}

/** The fields of an item, read from its bytes as ANS-104 has them, with nothing of the code that wrote them. */
function readItem(item: Uint8Array) {
  const bytes = Buffer.from(item);
  const tagsLength = Number(bytes.readBigUInt64LE(108));
  const rawTags = bytes.subarray(116, 116 + tagsLength);
  return {
    signatureType: bytes.readUInt16LE(0), signature: bytes.subarray(2, 66), owner: bytes.subarray(66, 98),
    hasTarget: bytes[98], hasAnchor: bytes[99], tagCount: Number(bytes.readBigUInt64LE(100)),
    rawTags, tags: readTags(rawTags), data: bytes.subarray(116 + tagsLength),
  };
}

/** Avro: blocks of records, ended by an empty one. */
function readTags(bytes: Buffer): Tag[] {
  const tags: Tag[] = [];
  let at = 0;
  const readLong = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
  };
  const readString = (): string => {
    const length = readLong();
    at += length;
    return bytes.toString('utf8', at - length, at);
  };
  while (at < bytes.length) {
    for (let left = readLong(); left > 0; left -= 1) tags.push({ name: readString(), value: readString() });
  }
  return tags;
}

function isSigned({ signature, owner }: ReturnType<typeof readItem>, message: Uint8Array): boolean {
  return verify(null, message, createPublicKey({ key: Buffer.concat([SPKI_PREFIX, owner]), format: 'der', type: 'spki' }), signature);
}

t.test('an item can be read and checked from its bytes alone', async (t) => {
  const signer = newSigner();
  const data = randomBytes(700_001);
  const tags = [{ name: 'Content-Type', value: 'video/mp4' }, { name: 'File-Name', value: '720p/ü–12.m4s' }, { name: 'Long', value: 'x'.repeat(3_000) }];
  const item = await makeDataItem(signer, { tags, data });
  const read = readItem(item.bytes);
  t.match(read, { signatureType: 2, hasTarget: 0, hasAnchor: 0, tagCount: 3, tags });
  t.ok(read.owner.equals(signer.publicKey));
  t.ok(read.data.equals(data), 'the data are the bytes behind the header');
  const message = await deepHashModule.default([text('dataitem'), text('1'), text('2'), read.owner, EMPTY, EMPTY, read.rawTags, read.data]);
  t.ok(isSigned(read, message), 'the signature is good');
  t.equal(item.id, createHash('sha256').update(read.signature).digest('base64url'));
});

t.test('the same file is the same item each time, another is another', async (t) => {
  const signer = newSigner();
  const make = (data: string, name: string) => makeDataItem(signer, { tags: [{ name: 'File-Name', value: name }], data: Buffer.from(data) });
  const [first, again, other, renamed] = await Promise.all([make('a', '1.m4s'), make('a', '1.m4s'), make('b', '1.m4s'), make('a', '2.m4s')]);
  t.same(again, first);
  t.equal(new Set([first.id, other.id, renamed.id]).size, 3);
});

t.test('an item may have no tags and no data', async (t) => {
  const { bytes } = await makeDataItem(newSigner(), { tags: [], data: EMPTY });
  t.equal(bytes.length, 116);
  t.match(readItem(bytes), { tagCount: 0, tags: [], data: Buffer.alloc(0) });
});

t.test('tags that no gateway reads are refused before anything is signed', async (t) => {
  const never: ItemSigner = { publicKey: newSigner().publicKey, sign: () => { throw new Error('signed'); } };
  const refused = (tags: Tag[]) => t.rejects(makeDataItem(never, { tags, data: EMPTY }), { code: 'arweave_fault', fault: 'bug' });
  await refused([{ name: '', value: 'x' }]);
  await refused([{ name: 'x', value: '' }]);
  await refused([{ name: 'x'.repeat(1_025), value: 'x' }]);
  await refused([{ name: 'x', value: 'x'.repeat(3_073) }]);
  await refused(Array.from({ length: 129 }, () => ({ name: 'x', value: 'x' })));
  await refused([{ name: 'x', value: 'x'.repeat(3_000) }, { name: 'y', value: 'x'.repeat(3_000) }]);
});

t.test('a key that is not Ed25519 is refused', async (t) => {
  const signer: ItemSigner = { publicKey: new Uint8Array(33), sign: () => new Uint8Array(64) };
  await t.rejects(makeDataItem(signer, { tags: [], data: EMPTY }), { code: 'arweave_fault', fault: 'bug' });
});

t.test('a bundle says how many items there are, how long each is and what it is called, then has them', async (t) => {
  const signer = newSigner();
  const items = await Promise.all([Buffer.alloc(0), randomBytes(1_000), randomBytes(300_000)].map((data) => makeDataItem(signer, { tags: [{ name: 'a', value: 'b' }], data })));
  const bundle = Buffer.from(makeBundle(items));
  t.equal(number(bundle, 0), 3);
  let at = 32 + 3 * 64;
  for (const [place, item] of items.entries()) {
    const entry = 32 + place * 64;
    t.equal(number(bundle, entry), item.bytes.length);
    t.equal(bundle.toString('base64url', entry + 32, entry + 64), item.id);
    t.ok(bundle.subarray(at, at + item.bytes.length).equals(item.bytes), `item ${place} is where its header says`);
    at += item.bytes.length;
  }
  t.equal(at, bundle.length, 'and nothing behind them');
  t.same(BUNDLE_TAGS, [{ name: 'Bundle-Format', value: 'binary' }, { name: 'Bundle-Version', value: '2.0.0' }]);
});

t.test('the header of an empty bundle, whole', async (t) => {
  t.equal(Buffer.from(makeBundle([])).toString('hex'), '0'.repeat(64));
});

t.test('the deep hash is the one of Arweave\'s own tools', async (t) => {
  const input = [text('a'), [EMPTY, [randomBytes(100_000)], []], randomBytes(1), Array.from({ length: 12 }, () => text('b'))];
  t.same(Buffer.from(await deepHash(input)), Buffer.from(await deepHashModule.default(input)));
});

/** 32 bytes, the lowest first. */
function number(bytes: Buffer, at: number): number {
  return Number(BigInt(`0x${Buffer.from(bytes.subarray(at, at + 32)).reverse().toString('hex')}`));
}
