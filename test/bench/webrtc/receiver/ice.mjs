// What a controlling ICE agent sends to an ICE-lite server: binding requests that are checks and consent in one
// (RFC 8445 §7.1.1, RFC 7675).
import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const ATTRIBUTE = { username: 0x0006, integrity: 0x0008, priority: 0x0024, useCandidate: 0x0025, fingerprint: 0x8028, controlling: 0x802a };
const FINGERPRINT_XOR = 0x5354554e;
const PRIORITY = 0x6e7f1eff;

/** @param {{ username: string, password: string }} remote username: the server's ufrag, a colon and ours. */
export function bindingRequest({ username, password }) {
  const priority = Buffer.alloc(4);
  priority.writeUInt32BE(PRIORITY);
  let attributes = Buffer.concat([
    attribute(ATTRIBUTE.username, Buffer.from(username)),
    attribute(ATTRIBUTE.priority, priority),
    attribute(ATTRIBUTE.controlling, randomBytes(8)),
    attribute(ATTRIBUTE.useCandidate, Buffer.alloc(0)),
  ]);
  const transaction = randomBytes(12);
  // Each of the two covers what is before it, with a length as if it were there already (RFC 8489 §14.5, §14.7).
  const before = (addedBytes) => Buffer.concat([header(attributes.length + addedBytes, transaction), attributes]);
  attributes = Buffer.concat([attributes, attribute(ATTRIBUTE.integrity, createHmac('sha1', password).update(before(24)).digest())]);
  const check = Buffer.alloc(4);
  check.writeUInt32BE((crc32(before(8)) ^ FINGERPRINT_XOR) >>> 0);
  attributes = Buffer.concat([attributes, attribute(ATTRIBUTE.fingerprint, check)]);
  return before(0);
}

export function isBindingSuccess(datagram) {
  return datagram.length >= HEADER_BYTES && datagram.readUInt16BE(0) === BINDING_SUCCESS;
}

function header(length, transaction) {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16BE(BINDING_REQUEST, 0);
  bytes.writeUInt16BE(length, 2);
  bytes.writeUInt32BE(MAGIC_COOKIE, 4);
  return Buffer.concat([bytes, transaction]);
}

function attribute(type, value) {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(value.length, 2);
  value.copy(bytes, 4);
  return bytes;
}
