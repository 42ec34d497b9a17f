/** What the first bytes of a picture say about it. */
export interface PictureHead {
  format: 'png' | 'jpeg' | 'webp';
  /** Pixels; both 0 when the head says none. */
  width: number;
  height: number;
  isAnimated: boolean;
}

const PNG = Buffer.from('89504e470d0a1a0a', 'hex');
/** Start of frame: its kind says how the picture is coded (ITU-T T.81 table B.1); C4, C8 and CC are other things. */
const JPEG_FRAMES = new Set([0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);
const WEBP_ANIMATION = 0x02;

/** Reads format, size and whether it moves; undefined for what begins like none of the three formats. Never throws. */
export function readPictureHead(bytes: Buffer): PictureHead | undefined {
  if (bytes.subarray(0, 8).equals(PNG)) return { format: 'png', ...readPng(bytes) };
  if (bytes.subarray(0, 3).toString('hex') === 'ffd8ff') return { format: 'jpeg', isAnimated: false, ...readJpeg(bytes) };
  const isWebp = bytes.toString('latin1', 0, 4) === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP';
  return isWebp ? { format: 'webp', ...readWebp(bytes) } : undefined;
}

/** Chunks: length, name, data, checksum (PNG §5.3). IHDR comes first; acTL, before the pixels, makes it an animation. */
function readPng(bytes: Buffer): { width: number; height: number; isAnimated: boolean } {
  const nameAt = (at: number): string => bytes.toString('latin1', at + 4, at + 8);
  const hasSize = bytes.length >= 24 && nameAt(8) === 'IHDR';
  let isAnimated = false;
  for (let at = 8; at + 8 <= bytes.length && nameAt(at) !== 'IDAT'; at += 12 + bytes.readUInt32BE(at)) {
    isAnimated ||= nameAt(at) === 'acTL';
  }
  return { width: hasSize ? bytes.readUInt32BE(16) : 0, height: hasSize ? bytes.readUInt32BE(20) : 0, isAnimated };
}

/** Segments: marker, length, data (ITU-T T.81 §B.1.1.4), up to the first start of a frame. */
function readJpeg(bytes: Buffer): { width: number; height: number } {
  let at = 2;
  while (at + 9 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1] ?? 0;
    if (JPEG_FRAMES.has(marker)) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    at += marker === 0xff ? 1 : 2 + bytes.readUInt16BE(at + 2); // FF before a marker fills up
  }
  return { width: 0, height: 0 };
}

/** Lossy, lossless, or extended, which says whether it moves (RFC 9649 §2.5 to 2.7). */
function readWebp(bytes: Buffer): { width: number; height: number; isAnimated: boolean } {
  const kind = bytes.length >= 30 ? bytes.toString('latin1', 12, 16) : '';
  if (kind === 'VP8X') return { width: 1 + bytes.readUIntLE(24, 3), height: 1 + bytes.readUIntLE(27, 3), isAnimated: (bytes.readUInt8(20) & WEBP_ANIMATION) !== 0 };
  if (kind === 'VP8 ') return { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff, isAnimated: false };
  if (kind !== 'VP8L') return { width: 0, height: 0, isAnimated: false };
  const sizes = bytes.readUInt32LE(21);
  return { width: 1 + (sizes & 0x3fff), height: 1 + ((sizes >>> 14) & 0x3fff), isAnimated: false };
}
