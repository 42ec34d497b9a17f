/** An ISO base media file format box (ISO/IEC 14496-12 §4.2): size, type, content. */
export function box(type: string, ...content: Buffer[]): Buffer {
  const sizeBytes = content.reduce((sum, part) => sum + part.length, 8);
  const header = Buffer.allocUnsafe(8);
  header.writeUInt32BE(sizeBytes, 0);
  header.write(type, 4, 'latin1');
  return Buffer.concat([header, ...content], sizeBytes);
}

/** A box with a version and 24 bits of flags. */
export function fullBox(type: string, version: number, flags: number, ...content: Buffer[]): Buffer {
  return box(type, u32(version * 2 ** 24 + flags), ...content);
}

export function u8(...values: number[]): Buffer {
  return Buffer.from(values);
}

export function u16(...values: number[]): Buffer {
  const buffer = Buffer.allocUnsafe(values.length * 2);
  values.forEach((value, i) => buffer.writeUInt16BE(value, i * 2));
  return buffer;
}

export function u32(...values: number[]): Buffer {
  const buffer = Buffer.allocUnsafe(values.length * 4);
  values.forEach((value, i) => buffer.writeUInt32BE(value, i * 4));
  return buffer;
}

/** Whole numbers up to 2⁵³, negative ones included. */
export function u64(...values: number[]): Buffer {
  const buffer = Buffer.allocUnsafe(values.length * 8);
  values.forEach((value, i) => buffer.writeBigInt64BE(BigInt(value), i * 8));
  return buffer;
}

export function text(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}
