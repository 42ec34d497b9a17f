import { SegmentDamaged } from './errors.js';

/** A box of a file (ISO/IEC 14496-12 §4.2). */
export interface Box {
  type: string;
  content: Buffer;
  /** The content with its header. */
  whole: Buffer;
}

export const BOX_HEADER_BYTES = 8;

/** The boxes side by side in these bytes. @throws {SegmentDamaged} where a size does not fit. */
export function boxesIn(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at < bytes.length;) {
    const { type, sizeBytes } = boxHeader(bytes.subarray(at));
    if (at + sizeBytes > bytes.length) throw new SegmentDamaged(`${type} has ${sizeBytes} bytes, ${bytes.length - at} are there`);
    const whole = bytes.subarray(at, at + sizeBytes);
    boxes.push({ type, content: whole.subarray(BOX_HEADER_BYTES), whole });
    at += sizeBytes;
  }
  return boxes;
}

/** The box at the end of a path of boxes. @throws {SegmentDamaged} when one of them is missing. */
export function findBox(bytes: Buffer, ...path: [string, ...string[]]): Box {
  const [type, ...rest] = path;
  const found = boxesIn(bytes).find((box) => box.type === type);
  if (found === undefined) throw new SegmentDamaged(`there is no ${type}`);
  const [next, ...others] = rest;
  return next === undefined ? found : findBox(found.content, next, ...others);
}

/** Type and size of the box that starts here. Our packager writes no box of 4 GiB. */
export function boxHeader(bytes: Buffer): { type: string; sizeBytes: number } {
  if (bytes.length < BOX_HEADER_BYTES) throw new SegmentDamaged(`${bytes.length} bytes are no box`);
  const [sizeBytes, type] = [bytes.readUInt32BE(0), bytes.toString('latin1', 4, BOX_HEADER_BYTES)];
  if (sizeBytes < BOX_HEADER_BYTES) throw new SegmentDamaged(`a box says that it has ${sizeBytes} bytes`);
  return { type, sizeBytes };
}

/** A number at a place of a box. @throws {SegmentDamaged} when the box is too short. */
export function wordAt({ type, content }: Box, offset: number): number {
  if (offset < 0 || content.length < offset + 4) throw new SegmentDamaged(`${type} has only ${content.length} bytes`);
  return content.readUInt32BE(offset);
}
