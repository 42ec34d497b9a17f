/** What of an RTP packet (RFC 3550 §5.1) its receiver looks at. */
export interface RtpPacket {
  /** 16 bits. */
  sequence: number;
  /** 32 bits, in units of the clock rate. */
  timestamp: number;
  /** For pictures: whether it is the last packet of one. */
  marker: boolean;
  payload: Buffer;
}

const FIXED_BYTES = 12;
const VERSION = 2;
const PADDING = 0x20;
const EXTENSION = 0x10;

/** Reads a packet; its payload is a view. Undefined for what is none, or carries nothing. */
export function readRtpPacket(bytes: Buffer): RtpPacket | undefined {
  if (bytes.length < FIXED_BYTES || bytes.readUInt8(0) >> 6 !== VERSION) return undefined;
  const start = payloadStart(bytes);
  const end = bytes.length - ((bytes.readUInt8(0) & PADDING) === 0 ? 0 : bytes.readUInt8(bytes.length - 1));
  if (start === undefined || start >= end) return undefined;
  return {
    sequence: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    marker: (bytes.readUInt8(1) & 0x80) !== 0,
    payload: bytes.subarray(start, end),
  };
}

/** Behind the contributing sources and the extension. */
function payloadStart(bytes: Buffer): number | undefined {
  const first = bytes.readUInt8(0);
  const afterSources = FIXED_BYTES + (first & 15) * 4;
  if ((first & EXTENSION) === 0) return afterSources;
  if (afterSources + 4 > bytes.length) return undefined;
  return afterSources + 4 + bytes.readUInt16BE(afterSources + 2) * 4;
}
