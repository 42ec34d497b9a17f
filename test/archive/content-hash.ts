import { createHash } from 'node:crypto';
import { MemoryBlockstore } from 'blockstore-core';
import { importer } from 'ipfs-unixfs-importer';
import { fixedSize } from 'ipfs-unixfs-importer/chunker';
import { balanced } from 'ipfs-unixfs-importer/layout';
import t from 'tap';
import { contentName, ContentHash } from '../../src/archive/cid/content-hash.js';
import { buildTree } from '../../src/archive/cid/unixfs-tree.js';

const MIB = 1 << 20;

/** Bytes that differ everywhere, and are the same on each run. */
function* noise(sizeBytes: number, pieceBytes = 65_521): Generator<Uint8Array> {
  let state = createHash('sha256').update(String(sizeBytes)).digest();
  for (let left = sizeBytes; left > 0; left -= pieceBytes) {
    const piece = Buffer.alloc(Math.min(left, pieceBytes));
    for (let at = 0; at < piece.length; at += state.length) state.copy(piece, at);
    state = createHash('sha256').update(state).digest();
    yield piece;
  }
}

/** What the importer of js-ipfs finds with the settings of Kubo's profile. */
async function importedCid(sizeBytes: number): Promise<string> {
  const settings = { cidVersion: 1, rawLeaves: true, reduceSingleLeafToSelf: true, chunker: fixedSize({ chunkSize: MIB }), layout: balanced({ maxChildrenPerNode: 1024 }) } as const;
  for await (const { cid } of importer([{ content: noise(sizeBytes) }], new MemoryBlockstore(), settings)) return cid.toString();
  throw new Error('nothing was imported');
}

t.test('known CIDs', async (t) => {
  const cidOf = (text: string): string => contentName([Buffer.from(text)]).cid.toString();
  t.equal(cidOf(''), 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku', 'the empty file');
  t.equal(cidOf('hello world'), 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e');
  t.equal(cidOf('hello world\n'), 'bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4');
});

t.test('the CIDs of the importer, for all sizes where the tree changes', async (t) => {
  for (const sizeBytes of [0, 1, 256 * 1024, MIB - 1, MIB, MIB + 1, 2 * MIB, 5 * MIB, 5 * MIB + 7]) {
    const { cid, leaves, ...name } = contentName(noise(sizeBytes));
    t.equal(cid.toString(), await importedCid(sizeBytes), `${sizeBytes} bytes`);
    t.equal(name.sizeBytes, sizeBytes);
    t.equal(leaves.length, Math.max(1, Math.ceil(sizeBytes / MIB)));
  }
});

t.test('300 MiB', async (t) => {
  t.equal(contentName(noise(300 * MIB)).cid.toString(), await importedCid(300 * MIB));
});

t.test('a tree of two levels is that of the importer', async (t) => {
  // 1,030 chunks: hashed once, since all chunks are the same.
  const chunk = new Uint8Array(MIB);
  const [leaf] = contentName([chunk]).leaves;
  const leaves = Array.from({ length: 1030 }, () => leaf).flatMap((one) => one ?? []);
  const store = new MemoryBlockstore();
  const content = (function* zeros() {
    for (let at = 0; at < 1030; at++) yield chunk;
  })();
  const settings = { cidVersion: 1, rawLeaves: true, chunker: fixedSize({ chunkSize: MIB }), layout: balanced({ maxChildrenPerNode: 1024 }) } as const;
  const { cid, blocks } = buildTree(leaves);
  for await (const imported of importer([{ content }], store, settings)) t.equal(cid.toString(), imported.cid.toString());
  t.equal(blocks.length, 3, 'two nodes and their root');
  for (const block of blocks) t.ok(await store.has(block.cid), 'each node is a block of the importer');
});

t.test('how the bytes come does not matter', async (t) => {
  const whole = Buffer.concat([...noise(3 * MIB + 5)]);
  const expected = contentName([whole]).cid.toString();
  for (const pieceBytes of [1 << 12, MIB, MIB + 1, whole.length]) {
    const hash = new ContentHash();
    for (let at = 0; at < whole.length; at += pieceBytes) hash.update(whole.subarray(at, at + pieceBytes));
    t.equal(hash.finish().cid.toString(), expected, `in pieces of ${pieceBytes}`);
  }
});
