import { RtmpInvalid } from '../errors.js';

/** A decoded AMF0 value. Objects become maps, so that a name such as `__proto__` is only a name. */
export type AmfValue = number | boolean | string | null | undefined | AmfValue[] | Map<string, AmfValue>;

const NUMBER = 0x00;
const BOOLEAN = 0x01;
const STRING = 0x02;
const OBJECT = 0x03;
const NULL = 0x05;
const UNDEFINED = 0x06;
const REFERENCE = 0x07;
const ECMA_ARRAY = 0x08;
const OBJECT_END = 0x09;
const STRICT_ARRAY = 0x0a;
const DATE = 0x0b;
const LONG_STRING = 0x0c;
const UNSUPPORTED = 0x0d;
const XML = 0x0f;
const TYPED_OBJECT = 0x10;

const MAX_VALUES = 1024;

/**
 * Decodes all values of a message (AMF0 specification §2). Dates are milliseconds, references undefined.
 * @param maxDepth how deep objects and arrays may be nested.
 * @throws {RtmpInvalid} when the bytes are cut short, nested too deep, of an unknown type or over 1024 values.
 */
export function decodeAmf0(bytes: Buffer, maxDepth: number): AmfValue[] {
  const cursor: Cursor = { bytes, offset: 0, maxDepth, values: 0 };
  const values: AmfValue[] = [];
  while (cursor.offset < bytes.length) values.push(readValue(cursor, 0));
  return values;
}

interface Cursor {
  bytes: Buffer;
  offset: number;
  maxDepth: number;
  values: number;
}

function readValue(cursor: Cursor, depth: number): AmfValue {
  cursor.values += 1;
  if (cursor.values > MAX_VALUES) throw new RtmpInvalid(`AMF0 message has more than ${MAX_VALUES} values`);
  if (depth > cursor.maxDepth) throw new RtmpInvalid(`AMF0 values are nested deeper than ${cursor.maxDepth}`);
  const marker = cursor.bytes.readUInt8(advance(cursor, 1));
  switch (marker) {
    case NUMBER: return cursor.bytes.readDoubleBE(advance(cursor, 8));
    case BOOLEAN: return cursor.bytes.readUInt8(advance(cursor, 1)) !== 0;
    case STRING: return readText(cursor, readUint16(cursor));
    case OBJECT: return readObject(cursor, depth);
    case NULL: return null;
    case UNDEFINED:
    case UNSUPPORTED: return undefined;
    case REFERENCE: return skip(cursor, 2);
    case ECMA_ARRAY: return readEcmaArray(cursor, depth);
    case STRICT_ARRAY: return readStrictArray(cursor, depth);
    case DATE: return readDate(cursor);
    case LONG_STRING:
    case XML: return readText(cursor, readUint32(cursor));
    case TYPED_OBJECT: return readTypedObject(cursor, depth);
    default: throw new RtmpInvalid(`AMF0 type ${marker} is unknown`);
  }
}

function readObject(cursor: Cursor, depth: number): Map<string, AmfValue> {
  const members = new Map<string, AmfValue>();
  for (;;) {
    const name = readText(cursor, readUint16(cursor));
    if (name === '' && cursor.bytes[cursor.offset] === OBJECT_END) {
      cursor.offset += 1;
      return members;
    }
    members.set(name, readValue(cursor, depth + 1));
  }
}

/** The count before an ECMA array is only a hint; encoders write 0 there and end it like an object. */
function readEcmaArray(cursor: Cursor, depth: number): Map<string, AmfValue> {
  skip(cursor, 4);
  return readObject(cursor, depth);
}

function readTypedObject(cursor: Cursor, depth: number): Map<string, AmfValue> {
  skip(cursor, readUint16(cursor));
  return readObject(cursor, depth);
}

function readStrictArray(cursor: Cursor, depth: number): AmfValue[] {
  const count = readUint32(cursor);
  const items: AmfValue[] = [];
  for (let index = 0; index < count; index++) items.push(readValue(cursor, depth + 1));
  return items;
}

function readDate(cursor: Cursor): number {
  const timeMs = cursor.bytes.readDoubleBE(advance(cursor, 8));
  skip(cursor, 2); // time zone: reserved, zero
  return timeMs;
}

function readText(cursor: Cursor, sizeBytes: number): string {
  const start = advance(cursor, sizeBytes);
  return cursor.bytes.toString('utf8', start, cursor.offset);
}

function readUint16(cursor: Cursor): number {
  return cursor.bytes.readUInt16BE(advance(cursor, 2));
}

function readUint32(cursor: Cursor): number {
  return cursor.bytes.readUInt32BE(advance(cursor, 4));
}

function skip(cursor: Cursor, sizeBytes: number): undefined {
  advance(cursor, sizeBytes);
  return undefined;
}

/** Moves on by `sizeBytes` and returns where they start. */
function advance(cursor: Cursor, sizeBytes: number): number {
  const start = cursor.offset;
  if (start + sizeBytes > cursor.bytes.length) throw new RtmpInvalid('AMF0 value is cut short');
  cursor.offset = start + sizeBytes;
  return start;
}
