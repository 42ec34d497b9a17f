import { ManifestBroken, readCar, SignedChain, verifyFiles, webContentCid } from '../../archive/browser.js';
import type { Expected, Found, Verification } from '../../archive/browser.js';
import type { Api } from '../api/api.js';
import { readUpTo } from './file-sources.js';

/** A broadcast, wherever a copy of it is. */
export interface Copy {
  blocks: Uint8Array[];
  /** That was asked for; undefined when any would do. */
  broadcast?: string | undefined;
  look: (expected: Expected, maxBytes: number) => Promise<Found | undefined>;
}

/** What was asked for is not there, or cannot be read to its end. Its message is for people. */
export class CopyUnreadable extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'CopyUnreadable';
  }
}

/** Of a verification: what was found, or why the manifest itself is not true. */
export type Outcome = { isManifestTrue: true; verification: Verification } | { isManifestTrue: false; message: string };

const MANIFEST_FILE = 'manifest.car';
/** Beside each other: most of the time is the way there and back. */
const IN_PARALLEL = 4;

/** What this server sends of a recording. @throws {CopyUnreadable} */
export async function openFromServer(api: Api, id: string, signal: AbortSignal): Promise<Copy> {
  const car = await api.manifest(id, { from: 0 }, signal);
  if (car === undefined) throw new CopyUnreadable('Nobody has signed this recording, so there is nothing to compare it with.');
  const look = async ({ file, cid }: Expected, maxBytes: number) =>
    (await lookAt(`/media/${encodeURIComponent(id)}/${file}`, maxBytes, signal)) ?? lookAt(`/ipfs/${cid.toString()}`, maxBytes, signal);
  return { blocks: readCar(car).blocks, broadcast: id, look };
}

/** A folder on this device, with `manifest.car` in it. @throws {CopyUnreadable} */
export async function openFromFolder(files: File[]): Promise<Copy> {
  const manifest = files.find(({ name }) => name === MANIFEST_FILE);
  if (manifest === undefined) throw new CopyUnreadable(`There is no ${MANIFEST_FILE} in this folder: choose the folder of one recording.`);
  const root = manifest.webkitRelativePath.slice(0, -MANIFEST_FILE.length);
  const byPath = new Map(files.map((file) => [file.webkitRelativePath, file]));
  const look = async ({ file }: Expected, maxBytes: number) => {
    const found = byPath.get(`${root}${file}`);
    return found && nameOf(new Uint8Array(await found.slice(0, maxBytes + 1).arrayBuffer()));
  };
  return { blocks: readCar(new Uint8Array(await manifest.arrayBuffer())).blocks, look };
}

/** Checks the manifest, then every file. @param options.key `did:key` that has to have signed; any when left out. */
export async function verifyCopy({ blocks, broadcast, look }: Copy, { key, onProgress, signal }: { key?: string | undefined; onProgress: (done: number, total: number) => void; signal: AbortSignal }): Promise<Outcome> {
  const chain = new SignedChain({ key, broadcast });
  try {
    for (const block of blocks) await chain.add(block);
  } catch (error) {
    if (error instanceof ManifestBroken) return { isManifestTrue: false, message: error.message };
    throw error;
  }
  if (chain.manifest === undefined) throw new CopyUnreadable('The manifest is empty.');
  return { isManifestTrue: true, verification: await verifyFiles(chain.manifest, { look, inParallel: IN_PARALLEL, onProgress, signal }) };
}

async function lookAt(address: string, maxBytes: number, signal: AbortSignal): Promise<Found | undefined> {
  const response = await fetch(address, { cache: 'no-store', signal }).catch((cause: unknown) => {
    throw signal.aborted ? cause : new CopyUnreadable('The server does not answer any more.', { cause });
  });
  if (response.status === 404 || response.body === null) return undefined;
  if (!response.ok) throw new CopyUnreadable(`The server answered ${response.status} when asked for ${address}.`);
  return nameOf(await readUpTo(response.body, maxBytes));
}

async function nameOf(bytes: Uint8Array<ArrayBuffer>): Promise<Found> {
  return { cid: (await webContentCid(bytes)).toString(), sizeBytes: bytes.length };
}
