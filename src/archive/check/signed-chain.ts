import { code as dagCbor } from '@ipld/dag-cbor';
import { keyBytesOf } from '../manifest/did-bytes.js';
import { GrowingChain, ManifestBroken } from '../manifest/growing-chain.js';
import type { ChainOptions, Manifest, NamedContent } from '../manifest/growing-chain.js';
import { readBlock, signedBytes } from '../manifest/manifest-body.js';
import { webBlockCid } from './web-hash.js';

type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** A manifest that is checked by WebCrypto, block by block, as they come. */
export class SignedChain {
  readonly #chain: GrowingChain;
  #key: { did: string; key: Key } | undefined;

  constructor(options: ChainOptions = {}) {
    this.#chain = new GrowingChain(options);
  }

  get length(): number {
    return this.#chain.length;
  }

  get manifest(): Manifest | undefined {
    return this.#chain.manifest;
  }

  /** What was signed as a file of this name, such as `720p/12.m4s`. */
  find(name: string): NamedContent | undefined {
    return this.#chain.find(name);
  }

  /** One at a time. @throws {ManifestBroken} */
  async add(bytes: Uint8Array): Promise<void> {
    const { body, bodyBytes, signature } = this.#read(bytes);
    const isSigned = await this.#isSignedBy(body.key, signedBytes(bodyBytes), new Uint8Array(signature));
    this.#chain.add({ cid: await webBlockCid(dagCbor, new Uint8Array(bytes)), body, isSigned });
  }

  #read(bytes: Uint8Array): ReturnType<typeof readBlock> {
    try {
      return readBlock(bytes);
    } catch (cause) {
      throw new ManifestBroken(this.length, 'cannot be read', { cause });
    }
  }

  async #isSignedBy(did: string, bytes: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>): Promise<boolean> {
    if (this.#key?.did !== did) this.#key = { did, key: await importKey(this.length, did) };
    return crypto.subtle.verify('Ed25519', this.#key.key, signature, bytes);
  }
}

async function importKey(at: number, did: string): Promise<Key> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = keyBytesOf(did);
  } catch (cause) {
    throw new ManifestBroken(at, 'names no key', { cause });
  }
  return crypto.subtle.importKey('raw', bytes, 'Ed25519', false, ['verify']);
}

/** Whether this browser has what it takes: Ed25519, and a page that came by HTTPS. */
export async function canCheck(): Promise<boolean> {
  try {
    await crypto.subtle.importKey('raw', new Uint8Array(32), 'Ed25519', false, ['verify']);
    return true;
  } catch {
    return false;
  }
}
