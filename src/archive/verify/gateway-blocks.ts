import { createHash } from 'node:crypto';
import { code as dagPb } from '@ipld/dag-pb';
import { CID } from 'multiformats/cid';
import { sha256 } from 'multiformats/hashes/sha2';
import { messageOf } from '../../platform/index.js';
import { wholeBody } from '../bounded-body.js';
import { linksOf } from '../gateway/unixfs.js';
import { CopyUnreadable, fetchWithin } from './fetch-within.js';

const TIMEOUT_MS = 60_000;
/** What IPFS nodes give each other as one block. */
const MAX_BLOCK_BYTES = 2 << 20;

/** Of folders in folders, and of a file's tree: 1024 links a node are a petabyte at four. */
const MAX_DEPTH = 16;
/** A day of five renditions has half as many. Blocks that name the same ones over and over would never end. */
const MAX_BLOCKS = 1 << 20;

/** A block that no gateway has, or none gives as it is. */
export class BlockMissing extends Error {
  readonly cid: CID;

  constructor(cid: CID, options: { cause?: unknown } = {}) {
    super(`no gateway has ${cid.toString()}`, options);
    this.name = 'BlockMissing';
    this.cid = cid;
  }
}

/** Who did not answer may have it. */
class GatewaySilent extends Error {}

/** Content by its CID, from gateways that nobody has to trust: every block is hashed before it is used. */
export class GatewayBlocks {
  readonly #gateways: string[];
  readonly #maxBlocks: number;
  #asked = 0;

  /** @param gateways are asked in this order */
  constructor(gateways: string[], { maxBlocks = MAX_BLOCKS } = {}) {
    this.#maxBlocks = maxBlocks;
    this.#gateways = gateways.map((url) => url.replace(/\/+$/, ''));
  }

  /** @throws {BlockMissing} {CopyUnreadable} when no gateway answers */
  async get(cid: CID): Promise<Uint8Array> {
    if (++this.#asked > this.#maxBlocks) throw new CopyUnreadable(`it takes more than ${this.#maxBlocks} blocks to read this`);
    const causes: unknown[] = [];
    for (const gateway of this.#gateways) {
      try {
        return await fetchBlock(gateway, cid);
      } catch (error) {
        causes.push(error);
      }
    }
    const cause = new AggregateError(causes);
    if (causes.every((one) => one instanceof GatewaySilent)) throw new CopyUnreadable(`no gateway answers: ${causes.map(messageOf).join(', ')}`, { cause });
    throw new BlockMissing(cid, { cause });
  }

  /** The bytes of a file. @throws {BlockMissing} {CopyUnreadable} */
  async* file(cid: CID, depth = 0): AsyncGenerator<Uint8Array> {
    checkDepth(cid, depth);
    const bytes = await this.get(cid);
    const { links } = linksOf(cid, bytes);
    if (links.length === 0) yield bytes;
    for (const link of links) yield* this.file(link.cid, depth + 1);
  }

  /** Every file of a folder, with its path; what is missing may be a file or a folder. @throws {CopyUnreadable} */
  async* list(cid: CID, path = '', depth = 0): AsyncGenerator<{ name: string; cid: CID }> {
    checkDepth(cid, depth);
    const node = cid.code === dagPb ? await this.get(cid).catch(absent) : undefined;
    const { isFolder, links } = node === undefined ? { isFolder: false, links: [] } : linksOf(cid, node);
    if (!isFolder) yield { name: path, cid };
    else for (const link of links) yield* this.list(link.cid, path === '' ? link.name : `${path}/${link.name}`, depth + 1);
  }
}

function checkDepth(cid: CID, depth: number): void {
  if (depth > MAX_DEPTH) throw new CopyUnreadable(`${cid.toString()} is more than ${MAX_DEPTH} levels deep`);
}

function absent(error: unknown): undefined {
  if (!(error instanceof BlockMissing)) throw error;
}

/** @throws {GatewaySilent} @throws when it is not there, or other bytes come */
async function fetchBlock(gateway: string, cid: CID): Promise<Uint8Array> {
  if (cid.multihash.code !== sha256.code) throw new Error(`${cid.toString()} is not a SHA-256`);
  const address = new URL(`${gateway}/ipfs/${cid.toString()}?format=raw`);
  const response = await fetchWithin(address, { headers: { accept: 'application/vnd.ipld.raw' }, signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((cause: unknown) => {
    throw new GatewaySilent(gateway, { cause });
  });
  if (!response.ok) await response.body?.cancel();
  if (response.status === 429 || response.status >= 500) throw new GatewaySilent(`${gateway} (${response.status})`);
  if (!response.ok) throw new Error(`${gateway} answered ${response.status}`);
  const bytes = await wholeBody(response, MAX_BLOCK_BYTES);
  if (!createHash('sha256').update(bytes).digest().equals(cid.multihash.digest)) throw new Error(`${gateway} gave other bytes than ${cid.toString()}`);
  return bytes;
}
