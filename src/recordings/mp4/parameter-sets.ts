import { BOX_HEADER_BYTES, boxesIn } from './box-reading.js';
import { SegmentDamaged } from './errors.js';

/** What comes before the boxes of a sample entry of pictures (ISO/IEC 14496-12 §12.1.3). */
export const VISUAL_ENTRY_BYTES = 78;
const AVCC_HEADER_BYTES = 5;
const HVCC_HEADER_BYTES = 22;

/** The parameter sets of a sample entry as a picture would carry them, after 4-byte lengths; empty for codecs that repeat their own. */
export function parameterSets(codec: string, sampleEntry: Buffer): Buffer {
  if (codec !== 'avc1' && codec !== 'hvc1') return Buffer.alloc(0);
  const wanted = codec === 'avc1' ? 'avcC' : 'hvcC';
  const record = boxesIn(sampleEntry.subarray(BOX_HEADER_BYTES + VISUAL_ENTRY_BYTES)).find(({ type }) => type === wanted);
  if (record === undefined) throw new SegmentDamaged(`${codec} has no ${wanted}`);
  try {
    return Buffer.concat(codec === 'avc1' ? avcUnits(record.content) : hevcUnits(record.content));
  } catch (cause) {
    if (cause instanceof RangeError) throw new SegmentDamaged(`${wanted} ends inside a parameter set`);
    throw cause;
  }
}

/** ISO/IEC 14496-15 §5.3.3.1: sequence parameter sets, then picture parameter sets. */
function avcUnits(record: Buffer): Buffer[] {
  const sequences = readUnits(record, AVCC_HEADER_BYTES + 1, record.readUInt8(AVCC_HEADER_BYTES) & 0x1f);
  return [...sequences.units, ...readUnits(record, sequences.end + 1, record.readUInt8(sequences.end)).units];
}

/** ISO/IEC 14496-15 §8.3.3.1: arrays by type. */
function hevcUnits(record: Buffer): Buffer[] {
  const units: Buffer[] = [];
  let at = HVCC_HEADER_BYTES + 1;
  for (let arrays = record.readUInt8(HVCC_HEADER_BYTES); arrays > 0; arrays--) {
    const array = readUnits(record, at + 3, record.readUInt16BE(at + 1));
    units.push(...array.units);
    at = array.end;
  }
  return units;
}

function readUnits(record: Buffer, start: number, count: number): { units: Buffer[]; end: number } {
  const units: Buffer[] = [];
  let end = start;
  for (let i = 0; i < count; i++) {
    const sizeBytes = record.readUInt16BE(end);
    if (end + 2 + sizeBytes > record.length) throw new RangeError('a unit goes beyond the record');
    units.push(Buffer.from([0, 0, sizeBytes >> 8, sizeBytes & 0xff]), record.subarray(end + 2, end + 2 + sizeBytes));
    end += 2 + sizeBytes;
  }
  return { units, end };
}
