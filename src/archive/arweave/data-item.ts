import { createHash } from 'node:crypto';
import { deepHash } from './deep-hash.js';
import { ArweaveFault } from './errors.js';

/** Signs for a channel: Ed25519, so that the same bytes get the same signature each time. */
export interface ItemSigner {
  /** 32 bytes. */
  publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

export interface Tag {
  name: string;
  value: string;
}

/** One file of a bundle, signed (ANS-104 §1.3). */
export interface DataItem {
  /** What it is fetched by: base64url of the signature's SHA-256. */
  id: string;
  bytes: Uint8Array;
}

/** What tells gateways that a transaction is a bundle (ANS-104 §1.1). */
export const BUNDLE_TAGS: Tag[] = [
  { name: 'Bundle-Format', value: 'binary' },
  { name: 'Bundle-Version', value: '2.0.0' },
];

/** Ed25519, in the numbers that bundlers give to kinds of signatures. */
const SIGNATURE_TYPE = 2;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
/** ANS-104 §2.1; the sum is a limit of the gateways. */
const MAX_TAGS = 128;
const MAX_NAME_BYTES = 1_024;
const MAX_VALUE_BYTES = 3_072;
const MAX_TAGS_BYTES = 4_096;

/** Signs a file. Without target and anchor, which would make the same file another item. @throws {ArweaveFault} for tags that no gateway reads */
export async function makeDataItem(signer: ItemSigner, { tags, data }: { tags: Tag[]; data: Uint8Array }): Promise<DataItem> {
  const tagBytes = encodeTags(tags);
  const { publicKey } = signer;
  const signature = signer.sign(await deepHash([Buffer.from('dataitem'), Buffer.from('1'), Buffer.from(`${SIGNATURE_TYPE}`), publicKey, Buffer.alloc(0), Buffer.alloc(0), tagBytes, data]));
  if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) throw new ArweaveFault('bug', 'a data item is signed with an Ed25519 key');
  const header = [uint16(SIGNATURE_TYPE), signature, publicKey, ABSENT, ABSENT, uint64(tags.length), uint64(tagBytes.length), tagBytes];
  return { id: createHash('sha256').update(signature).digest('base64url'), bytes: Buffer.concat([...header, data]) };
}

/** Many items as the data of one transaction (ANS-104 §1.2): it has all of their bytes a second time while they are kept. */
export function makeBundle(items: DataItem[]): Uint8Array {
  const entries = items.flatMap(({ id, bytes }) => [uint256(bytes.length), Buffer.from(id, 'base64url')]);
  return Buffer.concat([uint256(items.length), ...entries, ...items.map(({ bytes }) => bytes)]);
}

/** Of a target or an anchor. */
const ABSENT = Buffer.from([0]);

/** Avro: an array of records of two strings, in one block (Apache Avro 1.8 §"Binary Encoding"). */
function encodeTags(tags: Tag[]): Buffer {
  if (tags.length === 0) return Buffer.alloc(0);
  const bytes = Buffer.concat([avroLong(tags.length), ...tags.flatMap(({ name, value }) => [avroString(name, MAX_NAME_BYTES), avroString(value, MAX_VALUE_BYTES)]), avroLong(0)]);
  if (tags.length > MAX_TAGS || bytes.length > MAX_TAGS_BYTES) throw new ArweaveFault('bug', `a data item has at most ${MAX_TAGS} tags of ${MAX_TAGS_BYTES} bytes together, not ${tags.length} of ${bytes.length}`);
  return bytes;
}

function avroString(text: string, maxBytes: number): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length === 0 || bytes.length > maxBytes) throw new ArweaveFault('bug', `a name or value of a tag has 1 to ${maxBytes} bytes, not ${bytes.length}`);
  return Buffer.concat([avroLong(bytes.length), bytes]);
}

/** Zigzag (a positive number is doubled), then seven bits a byte, the lowest first. */
function avroLong(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest > 0x7f; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  return uint256(value).subarray(0, 8);
}

function uint256(value: number): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.writeUIntLE(value, 0, 6);
  return bytes;
}
