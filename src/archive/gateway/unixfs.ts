import { code as dagPb, decode } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';
import type { BlockStore } from '../blocks/block-store.js';
import type { StoredBlock } from '../blocks/queries.js';
import { carBlock, carHead } from '../manifest/manifest-file.js';
import { BlockUnknown, PathUnknown } from './errors.js';
import type { ByteStretch, Scope } from './wanted.js';

/** A link of a node: to a member of a folder, or to a stretch of a file. */
interface Link {
  name: string;
  cid: CID;
  /** Bytes of the file below it; 0 in a folder. */
  sizeBytes: number;
}

interface Block {
  cid: CID;
  bytes: Buffer;
}

/** Links of a node, when it is one: those of a folder have names. */
export function linksOf(cid: CID, bytes: Uint8Array): { isFolder: boolean; links: Link[] } {
  if (cid.code !== dagPb) return { isFolder: false, links: [] };
  const node = decode(bytes);
  const unixfs = node.Data && UnixFS.unmarshal(node.Data);
  return { isFolder: unixfs?.type === 'directory', links: node.Links.map(({ Name = '', Hash }, at) => ({ name: Name, cid: Hash, sizeBytes: Number(unixfs?.blockSizes[at] ?? 0) })) };
}

/** The block at the end of a path, and those on the way to it. @throws {BlockUnknown} {PathUnknown} */
export async function resolvePath(store: BlockStore, root: CID, names: string[]): Promise<{ block: StoredBlock; way: StoredBlock[] }> {
  let block = await getBlock(store, root);
  const way: StoredBlock[] = [];
  for (const name of names) {
    const { isFolder, links } = block.bytes === undefined ? { isFolder: false, links: [] } : linksOf(block.cid, block.bytes);
    const next = isFolder ? links.find((link) => link.name === name) : undefined;
    if (next === undefined) throw new PathUnknown(name);
    way.push(block);
    block = await getBlock(store, next.cid, block.broadcastId);
  }
  return { block, way };
}

/** The blocks of a tree, each before those below it. @throws {BlockUnknown} */
export async function* walk(store: BlockStore, block: StoredBlock, scope: Scope): AsyncGenerator<Block> {
  const bytes = await store.read(block);
  yield { cid: block.cid, bytes };
  const { isFolder, links } = linksOf(block.cid, bytes);
  // A folder is one entity, and so is each file in it.
  if (scope === 'block' || (scope === 'entity' && isFolder)) return;
  for (const { cid } of links) yield* walk(store, await getBlock(store, cid, block.broadcastId), scope);
}

/** As much of a file as a stretch of it needs to be verified; of a folder, itself. @throws {BlockUnknown} */
export async function* walkStretch(store: BlockStore, block: StoredBlock, wanted: ByteStretch): AsyncGenerator<Block> {
  const bytes = await store.read(block);
  yield { cid: block.cid, bytes };
  const { isFolder, links } = linksOf(block.cid, bytes);
  if (isFolder) return;
  const sizeBytes = links.reduce((sum, link) => sum + link.sizeBytes, 0);
  const [from, to] = [fromStart(wanted.from, sizeBytes), wanted.to === undefined ? sizeBytes - 1 : fromStart(wanted.to, sizeBytes)];
  let start = 0;
  for (const link of links) {
    const end = start + link.sizeBytes - 1;
    if (start <= to && end >= from) yield* walkStretch(store, await getBlock(store, link.cid, block.broadcastId), { from: Math.max(0, from - start), to: Math.min(to, end) - start });
    start = end + 1;
  }
}

/** A negative place counts from the end. */
function fromStart(place: number, sizeBytes: number): number {
  return place < 0 ? Math.max(0, sizeBytes + place) : place;
}

/** All that is below a CID, as the pieces of a CAR file. @throws {BlockUnknown} */
export async function* carOf(store: BlockStore, root: CID, near?: string): AsyncGenerator<Uint8Array> {
  yield carHead(root);
  for await (const block of walk(store, await getBlock(store, root, near), 'all')) yield carBlock(block);
}

async function getBlock(store: BlockStore, cid: CID, near?: string): Promise<StoredBlock> {
  const found = await store.find(cid, near);
  if (found === undefined) throw new BlockUnknown();
  return found;
}
