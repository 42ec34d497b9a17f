/** One coded sample in ticks of its track's timescale. */
export interface Sample {
  durationTicks: number;
  /** Presentation minus decode time; may be negative. */
  compositionOffsetTicks: number;
  isKey: boolean;
  payload: Buffer;
}

const TRACK_ID = 1;
const DEFAULT_BASE_IS_MOOF = 0x020000;
/** data-offset, and duration, size, flags and composition offset of each sample. */
const TRUN_FLAGS = 0x000f01;
const FLAGS_SYNC = 0x02000000;
const FLAGS_NOT_SYNC = 0x01010000;

const MFHD_BYTES = 16;
const TFHD_BYTES = 16;
const TFDT_BYTES = 20;
const TRUN_HEADER_BYTES = 20;
const TRUN_SAMPLE_BYTES = 16;
const BOX_HEADER_BYTES = 8;

/**
 * A CMAF chunk (ISO/IEC 23000-19 §7.3.2.3): `moof` and `mdat` as a list of buffers, the samples' own among them.
 * Nothing is copied but the header.
 */
export function fragment(sequence: number, decodeTimeTicks: number, samples: Sample[]): Buffer[] {
  const header = Buffer.allocUnsafe(moofBytes(samples.length) + BOX_HEADER_BYTES);
  const mdatBytes = samples.reduce((sum, sample) => sum + sample.payload.length, BOX_HEADER_BYTES);
  let at = writeBox(header, 0, moofBytes(samples.length), 'moof');
  at = writeBox(header, at, MFHD_BYTES, 'mfhd');
  at = header.writeUInt32BE(0, at);
  at = header.writeUInt32BE(sequence % 2 ** 32, at);
  at = writeBox(header, at, trafBytes(samples.length), 'traf');
  at = writeTrackHeader(header, at, decodeTimeTicks);
  at = writeRun(header, at, samples);
  writeBox(header, at, mdatBytes, 'mdat');
  return [header, ...samples.map((sample) => sample.payload)];
}

function trunBytes(count: number): number {
  return TRUN_HEADER_BYTES + count * TRUN_SAMPLE_BYTES;
}

function trafBytes(count: number): number {
  return BOX_HEADER_BYTES + TFHD_BYTES + TFDT_BYTES + trunBytes(count);
}

function moofBytes(count: number): number {
  return BOX_HEADER_BYTES + MFHD_BYTES + trafBytes(count);
}

function writeBox(target: Buffer, at: number, sizeBytes: number, type: string): number {
  target.writeUInt32BE(sizeBytes, at);
  target.write(type, at + 4, 'latin1');
  return at + BOX_HEADER_BYTES;
}

function writeTrackHeader(target: Buffer, start: number, decodeTimeTicks: number): number {
  let at = writeBox(target, start, TFHD_BYTES, 'tfhd');
  at = target.writeUInt32BE(DEFAULT_BASE_IS_MOOF, at);
  at = target.writeUInt32BE(TRACK_ID, at);
  at = writeBox(target, at, TFDT_BYTES, 'tfdt');
  at = target.writeUInt32BE(0x01000000, at); // version 1: 64-bit time
  return target.writeBigUInt64BE(BigInt(decodeTimeTicks), at);
}

function writeRun(target: Buffer, start: number, samples: Sample[]): number {
  let at = writeBox(target, start, trunBytes(samples.length), 'trun');
  at = target.writeUInt32BE(0x01000000 + TRUN_FLAGS, at); // version 1: signed offsets
  at = target.writeUInt32BE(samples.length, at);
  at = target.writeInt32BE(moofBytes(samples.length) + BOX_HEADER_BYTES, at);
  for (const sample of samples) {
    at = target.writeUInt32BE(sample.durationTicks, at);
    at = target.writeUInt32BE(sample.payload.length, at);
    at = target.writeUInt32BE(sample.isKey ? FLAGS_SYNC : FLAGS_NOT_SYNC, at);
    at = target.writeInt32BE(sample.compositionOffsetTicks, at);
  }
  return at;
}
