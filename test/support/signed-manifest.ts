import { generateKeyPairSync, sign } from 'node:crypto';
import { contentName } from '../../src/archive/cid/content-hash.js';
import { didOf } from '../../src/archive/manifest/did-key.js';
import { sealBlock } from '../../src/archive/manifest/manifest-block.js';
import type { SignedBlock } from '../../src/archive/manifest/manifest-block.js';
import type { ManifestBody } from '../../src/archive/manifest/manifest-body.js';
import { carBlock, carHead } from '../../src/archive/manifest/manifest-file.js';

/** A manifest made on the spot, block by block. */
export class ManifestMaker {
  readonly #keys = generateKeyPairSync('ed25519');
  readonly blocks: SignedBlock[] = [];

  get key(): string {
    return didOf(this.#keys.publicKey);
  }

  /** Signs segments of a rendition named `source`; the last block is final. */
  sign(segments: { number: number; bytes: Uint8Array }[], changes: Partial<ManifestBody> = {}): void {
    const body: ManifestBody = {
      format: 'tidemark-manifest', version: 1, broadcast: '11111111-1111-4111-8111-111111111111', channel: 'ada', key: this.key,
      number: this.blocks.length, previous: this.blocks.at(-1)?.cid ?? null, epochMs: 1_000, signedAtMs: 2_000,
      inits: [], segments: segments.map(entryOf), files: [], folder: null, isFinal: false, ...changes,
    };
    this.blocks.push(sealBlock(body, (bytes) => sign(null, bytes, this.#keys.privateKey)));
  }

  /** As the server sends it, from a block on. */
  car(from = 0): Uint8Array<ArrayBuffer> {
    const [first] = this.blocks;
    if (first === undefined) throw new Error('nothing is signed');
    return new Uint8Array(Buffer.concat([carHead(first.cid), ...this.blocks.slice(from).map(carBlock)]));
  }
}

function entryOf({ number, bytes }: { number: number; bytes: Uint8Array }): ManifestBody['segments'][number] {
  const { cid, sizeBytes } = contentName([bytes]);
  return { rendition: 'source', number, take: 0, discontinuity: 0, startUs: number * 2_000_000, durationUs: 2_000_000, sizeBytes, cid };
}
