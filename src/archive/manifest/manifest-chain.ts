import { isSignedBy } from './did-key.js';
import { GrowingChain, ManifestBroken } from './growing-chain.js';
import type { ChainOptions, Manifest, OpenedBlock } from './growing-chain.js';
import { openBlock } from './manifest-block.js';
import { signedBytes } from './manifest-body.js';

/**
 * Checks a chain from its first block on: form, numbers, links, one key, its signatures, and that nothing is named twice.
 * @throws {ManifestBroken}
 */
export function checkChain(blocks: Uint8Array[], options: ChainOptions = {}): Manifest {
  const chain = new GrowingChain(options);
  for (const bytes of blocks) chain.add(open(chain.length, bytes));
  if (chain.manifest === undefined) throw new ManifestBroken(0, 'is missing');
  return chain.manifest;
}

function open(at: number, bytes: Uint8Array): OpenedBlock {
  try {
    const { cid, body, bodyBytes, signature } = openBlock(bytes);
    return { cid, body, isSigned: isSignedBy(body.key, signedBytes(bodyBytes), signature) };
  } catch (cause) {
    throw new ManifestBroken(at, 'cannot be read', { cause });
  }
}
