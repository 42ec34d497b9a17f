import { webcrypto } from 'node:crypto';

/** Bytes, or a list of such; what Arweave signs is always one of these. */
export type DeepHashInput = Uint8Array | DeepHashInput[];

/** Arweave's hash over nested lists (SHA-384; "deep hash" of the 2.0 transaction format), of which a signature is made. */
export async function deepHash(input: DeepHashInput): Promise<Uint8Array> {
  if (input instanceof Uint8Array) return sha384(Buffer.concat([await sha384(Buffer.from(`blob${input.length}`)), await sha384(input)]));
  let hash = await sha384(Buffer.from(`list${input.length}`));
  for (const member of input) hash = await sha384(Buffer.concat([hash, await deepHash(member)]));
  return hash;
}

/** By libuv's threads: a segment has megabytes, and this thread has viewers. */
async function sha384(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await webcrypto.subtle.digest('SHA-384', bytes));
}
