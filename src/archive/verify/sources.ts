import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { piecesOf } from '../bounded-body.js';
import { readCar } from '../manifest/car-blocks.js';
import { MANIFEST_FILE } from '../manifest/manifest-file.js';
import { CopyUnreadable, fetchWithin } from './fetch-within.js';
import type { FileSource } from './verify.js';

/** A broadcast, wherever a copy of it is. */
export interface Copy {
  blocks: Uint8Array[];
  /** That was asked for; undefined when any would do. */
  broadcast?: string | undefined;
  source: FileSource;
}

const MAX_MANIFEST_BYTES = 256 << 20;
const TIMEOUT_MS = 60_000;
const BROADCAST_ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;

/** A folder with `manifest.car` and the renditions, as it is under `media/`. @throws {CopyUnreadable} */
export async function openFolder(folder: string): Promise<Copy> {
  const root = await realpath(folder).catch(() => undefined);
  const file = root && await findInside(root, MANIFEST_FILE);
  if (root === undefined || file === undefined) throw new CopyUnreadable(`${folder} has no ${MANIFEST_FILE}: name the folder of one broadcast`);
  return { blocks: await readBlocks(file), source: { read: async (name) => readInside(root, name) } };
}

async function readInside(root: string, name: string): Promise<AsyncIterable<Uint8Array> | undefined> {
  const file = await findInside(root, name);
  return file === undefined ? undefined : createReadStream(file);
}

/** A file of the folder; a link that leads out of it is none, nor is a pipe or a device, which may never end. */
async function findInside(root: string, name: string): Promise<string | undefined> {
  const file = await realpath(path.join(root, name)).catch(() => undefined);
  return file?.startsWith(`${root}${path.sep}`) && (await stat(file)).isFile() ? file : undefined;
}

/** @throws {CopyUnreadable} */
async function readBlocks(file: string): Promise<Uint8Array[]> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new CopyUnreadable(`${file} cannot be read`, { cause });
  });
  if (!found.isFile() || found.size > MAX_MANIFEST_BYTES) throw new CopyUnreadable(`${file} is no manifest: that is a file of at most ${MAX_MANIFEST_BYTES} bytes`);
  return readCar(await readFile(file)).blocks;
}

/** The signed blocks alone: from a file, a folder, or an address. @throws {CopyUnreadable} */
export async function openManifest(place: string): Promise<Uint8Array[]> {
  if (/^https?:/.test(place)) return place.endsWith('.car') ? readCar(await fetchWhole(new URL(place), {})).blocks : (await openUrl(place)).blocks;
  if (!place.endsWith('.car')) return (await openFolder(place)).blocks;
  return readBlocks(place);
}

/** A page, playlist or manifest of a Tidemark server: any address with the broadcast's id in it. @throws {CopyUnreadable} */
export async function openUrl(address: string): Promise<Copy> {
  const url = new URL(address);
  const id = BROADCAST_ID.exec(url.pathname)?.[0];
  if (id === undefined) throw new CopyUnreadable(`${address} has no broadcast id in it: use the address of the recording's page`);
  const bytes = await fetchWhole(new URL(`/api/v1/broadcasts/${id}/manifest`, url), { accept: 'application/vnd.ipld.car' });
  return { blocks: readCar(bytes).blocks, broadcast: id, source: { read: async (name, cid) => (await fetchFile(new URL(`/media/${id}/${name}`, url))) ?? fetchFile(new URL(`/ipfs/${cid.toString()}`, url)) } };
}

async function fetchWhole(url: URL, headers: Record<string, string>): Promise<Uint8Array> {
  const body = await fetchFile(url, headers);
  if (body === undefined) throw new CopyUnreadable(`${url.href} answered 404: there is no manifest of this broadcast`);
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of body) {
    sizeBytes += piece.length;
    if (sizeBytes > MAX_MANIFEST_BYTES) throw new CopyUnreadable(`${url.href} sends more than a manifest has`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

/** Undefined for a 404. @throws {CopyUnreadable} */
async function fetchFile(url: URL, headers: Record<string, string> = {}): Promise<AsyncIterable<Uint8Array> | undefined> {
  const response = await fetchWithin(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((cause: unknown) => {
    throw cause instanceof CopyUnreadable ? cause : new CopyUnreadable(`${url.origin} does not answer`, { cause });
  });
  if (response.ok) return piecesOf(response.body);
  await response.body?.cancel();
  if (response.status === 404) return undefined;
  throw new CopyUnreadable(`${url.href} answered ${response.status}`);
}
