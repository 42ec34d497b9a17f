import { createCipheriv, createHash } from 'node:crypto';
import t from 'tap';
import { contentName, ContentHash } from '../../src/archive/cid/content-hash.js';
import { folderBlock } from '../../src/archive/cid/unixfs-folder.js';
import { buildTree } from '../../src/archive/cid/unixfs-tree.js';

/*
 * What Kubo itself expects of its profile `unixfs-v1-2025` (IPIP-499): the CIDs, sizes and seeds are those of ipfs/kubo,
 * test/cli/cid_profiles_test.go; the bytes come of seeds as in test/cli/testutils/random_deterministic.go there.
 */

const MIB = 1 << 20;
const FILE_SEED = 'v1-2025-seed';
const CHUNK_SEED = 'chunk-v1-seed';
const NAMES = { seed: 'hamt-unixfs-v1-2025', alphabet: 'abcdefghijklmnopqrstuvwxyz01234567890-_', count: 4766, length: 11, lastLength: 21 };

/** The key stream of ChaCha20 (RFC 8439) under the hash of a seed, with a nonce and a counter of zero. */
function* bytesOfSeed(seed: string, sizeBytes: number): Generator<Uint8Array> {
  const stream = createCipheriv('chacha20', createHash('sha256').update(seed).digest(), Buffer.alloc(16));
  const zeros = Buffer.alloc(MIB);
  for (let left = sizeBytes; left > 0; left -= MIB) yield stream.update(zeros.subarray(0, Math.min(left, MIB)));
}

/** The names of Kubo's test folder: all of one length but the last, which brings the node to the size that is wanted. */
function namesOfSeed(): string[] {
  const bytes = Buffer.concat([...bytesOfSeed(NAMES.seed, MIB)]);
  return Array.from({ length: NAMES.count }, (_, at) => {
    const length = at === NAMES.count - 1 ? NAMES.lastLength : NAMES.length;
    return [...bytes.subarray(at * NAMES.length, at * NAMES.length + length)].map((byte) => NAMES.alphabet[byte % NAMES.alphabet.length]).join('');
  });
}

t.test('small files', async (t) => {
  t.equal(contentName([Buffer.from('hello world')]).cid.toString(), 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e');
});

t.test('a file of one chunk, and of one byte more', async (t) => {
  t.equal(contentName(bytesOfSeed(CHUNK_SEED, MIB)).cid.toString(), 'bafkreiacndfy443ter6qr2tmbbdhadvxxheowwf75s6zehscklu6ezxmta');
  t.equal(contentName(bytesOfSeed(CHUNK_SEED, MIB + 1)).cid.toString(), 'bafybeigmix7t42i6jacydtquhet7srwvgpizfg7gjbq7627d35mjomtu64');
});

t.test('1 GiB: as many links as a node may have, and more', async (t) => {
  const hash = new ContentHash();
  let last: Uint8Array = Buffer.alloc(0);
  for (const piece of bytesOfSeed(FILE_SEED, 1025 * MIB)) {
    hash.update(piece);
    last = piece;
  }
  const { cid, leaves } = hash.finish();
  const full = leaves.slice(0, 1024);
  t.equal(buildTree(full).cid.toString(), 'bafybeihmf37wcuvtx4hpu7he5zl5qaf2ineo2lqlfrapokkm5zzw7zyhvm', '1024 MiB');
  t.equal(cid.toString(), 'bafybeihmzokxxjqwxjcryerhp5ezpcog2wcawfryb2xm64xiakgm4a5jue', '1025 MiB');
  const over = contentName([last.subarray(0, 1)]).leaves;
  t.equal(buildTree([...full, ...over]).cid.toString(), 'bafybeibdsi225ugbkmpbdohnxioyab6jsqrmkts3twhpvfnzp77xtzpyhe', '1024 MiB and one byte');
});

t.test('folders', async (t) => {
  t.equal(folderBlock([])?.cid.toString(), 'bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354', 'an empty one');
  const { cid } = contentName([Buffer.from('x')]);
  const folder = folderBlock(namesOfSeed().map((name) => ({ name, cid, totalBytes: 1 })));
  t.equal(folder?.bytes.length, 262_144, 'the largest that Kubo leaves in one block');
  t.equal(folder?.cid.toString(), 'bafybeic3h7rwruealwxkacabdy45jivq2crwz6bufb5ljwupn36gicplx4');
});
