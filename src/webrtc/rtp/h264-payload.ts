import type { RtpPayload } from './rtp-packet.js';

/**
 * What fits into a packet on every path: 1280 bytes (RFC 8200 §5) less the headers of IPv6, UDP and RTP, its
 * extensions and the tag of SRTP.
 */
const MAX_PAYLOAD_BYTES = 1180;
const NAL = { sei: 6, sps: 7, pps: 8, delimiter: 9, filler: 12 } as const;
const STAP_A = 24;
const FU_A = 28;
const FU_START = 0x80;
const FU_END = 0x40;
/** Nothing that a picture needs. */
const LEFT_OUT: ReadonlySet<number> = new Set([NAL.sei, NAL.sps, NAL.pps, NAL.delimiter, NAL.filler]);
const LENGTH_BYTES = 4;
/** Encoders cut a picture into a few dozen slices; one of more units than this comes from nobody's camera, and is left out. */
const MAX_UNITS = 1_024;
/** Parameter sets of one key frame. */
const MAX_SETS = 16;

/**
 * Cuts one picture into RTP payloads (RFC 6184 §5.6, packetization mode 1). A key frame begins with its parameter
 * sets, so that a player can join at each.
 * @param payload NAL units after 4-byte lengths; a length that runs out of the buffer ends the picture. One of too many
 *   units gives nothing.
 * @param parameterSets SPS and PPS of the stream.
 */
export function h264Payloads(payload: Buffer, options: { isKey: boolean; parameterSets: readonly Buffer[] }): RtpPayload[] {
  const own = nalUnits(payload);
  if (own.length > MAX_UNITS) return [];
  const sets = options.isKey ? [...options.parameterSets, ...own.filter(isParameterSet)].slice(0, MAX_SETS) : [];
  const units = own.filter((unit) => !LEFT_OUT.has(typeOf(unit)));
  const payloads = [...aggregate(distinct(sets)), ...units.flatMap(payloadsOf)];
  const last = payloads.at(-1);
  if (last !== undefined) last.marker = true;
  return payloads;
}

/**
 * SPS and PPS of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1); those that are whole and not empty.
 */
export function parameterSetsOf(avcc: Buffer): Buffer[] {
  const sets: Buffer[] = [];
  let offset = 5;
  for (const mask of [0x1f, 0xff]) {
    if (offset >= avcc.length) return sets;
    const count = avcc.readUInt8(offset++) & mask;
    for (let i = 0; i < count && offset + 2 <= avcc.length; i++) {
      const end = offset + 2 + avcc.readUInt16BE(offset);
      if (end > avcc.length) return sets;
      if (end > offset + 2) sets.push(avcc.subarray(offset + 2, end));
      offset = end;
    }
  }
  return sets;
}

function nalUnits(payload: Buffer): Buffer[] {
  const units: Buffer[] = [];
  for (let offset = 0; offset + LENGTH_BYTES < payload.length && units.length <= MAX_UNITS;) {
    const end = offset + LENGTH_BYTES + payload.readUInt32BE(offset);
    if (end > payload.length) break;
    if (end > offset + LENGTH_BYTES) units.push(payload.subarray(offset + LENGTH_BYTES, end));
    offset = end;
  }
  return units;
}

function typeOf(unit: Buffer): number {
  return unit.readUInt8(0) & 31;
}

function isParameterSet(unit: Buffer): boolean {
  return typeOf(unit) === NAL.sps || typeOf(unit) === NAL.pps;
}

/** A set that comes in the picture too is the same one again. */
function distinct(sets: Buffer[]): Buffer[] {
  return sets.filter((set, i) => sets.findIndex((other) => other.equals(set)) === i);
}

/** Parameter sets in one packet where they fit (§5.7.1). */
function aggregate(sets: Buffer[]): RtpPayload[] {
  const sizeBytes = sets.reduce((sum, set) => sum + 2 + set.length, 1);
  if (sets.length < 2 || sizeBytes > MAX_PAYLOAD_BYTES) return sets.flatMap(payloadsOf);
  const importance = Math.max(...sets.map((set) => set.readUInt8(0) & 0x60));
  return [{ slices: [Buffer.from([importance | STAP_A]), ...sets.flatMap((set) => [lengthOf(set), set])], marker: false }];
}

function lengthOf(unit: Buffer): Buffer {
  const length = Buffer.allocUnsafe(2);
  length.writeUInt16BE(unit.length);
  return length;
}

/** A NAL unit as it is, or in pieces of equal size (§5.8). */
function payloadsOf(unit: Buffer): RtpPayload[] {
  if (unit.length <= MAX_PAYLOAD_BYTES) return [{ slices: [unit], marker: false }];
  const header = unit.readUInt8(0);
  const body = unit.subarray(1);
  const count = Math.ceil(body.length / (MAX_PAYLOAD_BYTES - 2));
  const pieceBytes = Math.ceil(body.length / count);
  return Array.from({ length: count }, (_value, i) => {
    const position = (i === 0 ? FU_START : 0) | (i === count - 1 ? FU_END : 0);
    return { slices: [Buffer.from([(header & 0xe0) | FU_A, position | (header & 31)]), body.subarray(i * pieceBytes, (i + 1) * pieceBytes)], marker: false };
  });
}
