import { decode, encode } from '@ipld/dag-cbor';
import { equals } from 'multiformats/bytes';
import { CID } from 'multiformats/cid';
import { z } from 'zod';

// Nothing of Node in here: browsers read manifests with it, too.

export const FORMAT = 'tidemark-manifest';
export const VERSION = 1;
/** Signed together with the body, so that a signature of this key means nothing elsewhere. */
const CONTEXT = new TextEncoder().encode('tidemark manifest v1\n');

/** Of a day with five renditions it would be a tenth. Read, a block takes fifty times its length in memory when it wants to. */
const MAX_BLOCK_BYTES = 32 << 20;

const count = z.int().nonnegative();
/** Milliseconds since 1970, up to the year 9999. */
const time = z.int().min(0).max(253_402_300_799_999);
const cid = z.custom<CID>((value) => CID.asCID(value) !== null, 'must be a CID');
const name = z.string().min(1).max(64).regex(/^[a-z0-9][a-z0-9._-]*$/i, 'must be a plain name');

const initEntry = z.strictObject({ rendition: name, take: count, sizeBytes: count, cid });
const segmentEntry = z.strictObject({ rendition: name, number: count, take: count, discontinuity: count, startUs: count, durationUs: count, sizeBytes: count, cid });
const fileName = z.string().max(140).regex(/^[a-z0-9][a-z0-9._-]*(?:\/[a-z0-9][a-z0-9._-]*)?$/i, 'must be a plain name, in a folder or not');
const fileEntry = z.strictObject({ name: fileName, sizeBytes: count, cid });

/** What one block says. */
const bodySchema = z.strictObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  /** Of the broadcast. */
  broadcast: z.uuid(),
  channel: z.string().regex(/^[a-z0-9_-]{1,64}$/i, 'must be the name of a channel'),
  /** `did:key` of the Ed25519 key that signs. */
  key: z.string().regex(/^did:key:z[1-9A-HJ-NP-Za-km-z]{40,80}$/, 'must be a did:key'),
  /** 0, 1, 2, … */
  number: count,
  /** CID of the signed block before it. */
  previous: cid.nullable(),
  /** Wall-clock time of the broadcast clock's zero, ms since 1970. */
  epochMs: time,
  /** By the server's clock, ms since 1970. */
  signedAtMs: time,
  inits: listOf(initEntry),
  segments: listOf(segmentEntry),
  /** Playlists and the chat log, in the last block. */
  files: listOf(fileEntry),
  /** In the last block: the recording as one UnixFS folder; null when it is none. */
  folder: cid.nullable(),
  /** Whether none comes after it. */
  isFinal: z.boolean(),
});

/** The decoder configuration of a rendition in a take: `<rendition>/init-<take>.mp4`. */
export type InitEntry = z.infer<typeof initEntry>;
/** `<rendition>/<number>.m4s`; times are on the broadcast's clock, microseconds. */
export type SegmentEntry = z.infer<typeof segmentEntry>;
export type FileEntry = z.infer<typeof fileEntry>;
export type ManifestBody = z.infer<typeof bodySchema>;

/** Ends at the first entry that is wrong: millions of them would be millions of reasons. */
function listOf<T>(entry: z.ZodType<T>) {
  return z.array(z.unknown()).transform((entries) => entries.map((one) => entry.parse(one)));
}

const envelopeSchema = z.strictObject({ body: z.instanceof(Uint8Array), signature: z.instanceof(Uint8Array) });

/** The bytes that a key signs for a body. */
export function signedBytes(body: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(CONTEXT.length + body.length);
  bytes.set(CONTEXT);
  bytes.set(body, CONTEXT.length);
  return bytes;
}

/** What is in a signed block. Its signature is not looked at. @throws when it is no manifest block, or not in its one form */
export function readBlock(bytes: Uint8Array): { body: ManifestBody; bodyBytes: Uint8Array; signature: Uint8Array } {
  if (bytes.length > MAX_BLOCK_BYTES) throw new Error(`a block has at most ${MAX_BLOCK_BYTES} bytes, not ${bytes.length}`);
  const envelope = envelopeSchema.parse(canonical(bytes));
  return { body: bodySchema.parse(canonical(envelope.body)), bodyBytes: envelope.body, signature: envelope.signature };
}

/** @throws when the bytes are not what encoding their value gives: then two texts would say the same */
function canonical(bytes: Uint8Array): unknown {
  const value: unknown = decode(bytes);
  if (!equals(encode(value), bytes)) throw new Error('not in the canonical form of DAG-CBOR');
  return value;
}

export function initName({ rendition, take }: Pick<InitEntry, 'rendition' | 'take'>): string {
  return `${rendition}/init-${take}.mp4`;
}

export function segmentName({ rendition, number }: Pick<SegmentEntry, 'rendition' | 'number'>): string {
  return `${rendition}/${number}.m4s`;
}
