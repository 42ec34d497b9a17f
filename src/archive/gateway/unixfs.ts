import { code as dagPb, decode } from '@ipld/dag-pb';
import { UnixFS } from 'ipfs-unixfs';
import type { CID } from 'multiformats/cid';
import type { BlockStore } from '../blocks/block-store.js';
import type { StoredBlock } from '../blocks/queries.js';
import { carBlock, carHead } from '../manifest/manifest-file.js';
import { BlockUnknown, PathUnknown } from './errors.js';

/** Links of a node, when it is one: those of a folder have names. */
export function linksOf(cid: CID, bytes: Uint8Array): { isFolder: boolean; links: { name: string; cid: CID }[] } {
  if (cid.code !== dagPb) return { isFolder: false, links: [] };
  const node = decode(bytes);
  const isFolder = node.Data !== undefined && UnixFS.unmarshal(node.Data).type === 'directory';
  return { isFolder, links: node.Links.map(({ Name = '', Hash }) => ({ name: Name, cid: Hash })) };
}

/** The block at the end of a path, and the CIDs on the way to it. @throws {BlockUnknown} {PathUnknown} */
export async function resolvePath(store: BlockStore, root: CID, names: string[]): Promise<{ block: StoredBlock; roots: CID[] }> {
  let block = await getBlock(store, root);
  const roots = [root];
  for (const name of names) {
    const { isFolder, links } = block.bytes === undefined ? { isFolder: false, links: [] } : linksOf(block.cid, block.bytes);
    const next = isFolder ? links.find((link) => link.name === name) : undefined;
    if (next === undefined) throw new PathUnknown(name);
    roots.push(next.cid);
    block = await getBlock(store, next.cid, block.broadcastId);
  }
  return { block, roots };
}

/** The blocks of a tree, each before those below it. @throws {BlockUnknown} */
export async function* walk(store: BlockStore, block: StoredBlock, scope: 'block' | 'entity' | 'all'): AsyncGenerator<{ cid: CID; bytes: Buffer }> {
  const bytes = await store.read(block);
  yield { cid: block.cid, bytes };
  const { isFolder, links } = linksOf(block.cid, bytes);
  // A folder is one entity, and so is each file in it.
  if (scope === 'block' || (scope === 'entity' && isFolder)) return;
  for (const { cid } of links) yield* walk(store, await getBlock(store, cid, block.broadcastId), scope);
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
