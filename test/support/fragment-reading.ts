/** One coded frame as the header of its fragment describes it. */
export interface ReadSample {
  durationTicks: number;
  sizeBytes: number;
  /** Decoding can start here. */
  isSync: boolean;
}

/** One `moof` with its `mdat` (ISO/IEC 14496-12 §8.8.4). */
export interface ReadFragment {
  decodeTicks: number;
  durationTicks: number;
  samples: ReadSample[];
}

const HEADER_BYTES = 8;
const SAMPLE_BYTES = 16;
/** data-offset, and duration, size, flags and composition offset of each sample: what a reader of our fragments expects. */
const TRUN_FLAGS = 0x000f01;
const NOT_SYNC = 0x00010000;

/** The fragments of a part or of a segment. @throws when the bytes are not whole fragments one after the other. */
export function readFragments(bytes: Buffer): ReadFragment[] {
  const fragments: ReadFragment[] = [];
  let at = 0;
  while (at < bytes.length) {
    const moof = boxAt(bytes, at, 'moof');
    const mdat = boxAt(bytes, at + moof.length, 'mdat');
    const fragment = readMoof(moof);
    const sizeBytes = fragment.samples.reduce((sum, sample) => sum + sample.sizeBytes, HEADER_BYTES);
    if (sizeBytes !== mdat.length) throw new Error(`samples of ${sizeBytes} bytes in an mdat of ${mdat.length}`);
    fragments.push(fragment);
    at += moof.length + mdat.length;
  }
  return fragments;
}

function readMoof(moof: Buffer): ReadFragment {
  const mfhd = boxAt(moof, HEADER_BYTES, 'mfhd');
  const traf = boxAt(moof, HEADER_BYTES + mfhd.length, 'traf');
  const tfhd = boxAt(traf, HEADER_BYTES, 'tfhd');
  const tfdt = boxAt(traf, HEADER_BYTES + tfhd.length, 'tfdt');
  const trun = boxAt(traf, HEADER_BYTES + tfhd.length + tfdt.length, 'trun');
  if ((trun.readUInt32BE(8) & 0xffffff) !== TRUN_FLAGS) throw new Error('a trun of another form');
  const samples = Array.from({ length: trun.readUInt32BE(12) }, (_, i): ReadSample => {
    const at = 20 + i * SAMPLE_BYTES;
    return { durationTicks: trun.readUInt32BE(at), sizeBytes: trun.readUInt32BE(at + 4), isSync: (trun.readUInt32BE(at + 8) & NOT_SYNC) === 0 };
  });
  return { decodeTicks: Number(tfdt.readBigUInt64BE(12)), durationTicks: samples.reduce((sum, sample) => sum + sample.durationTicks, 0), samples };
}

function boxAt(bytes: Buffer, at: number, type: string): Buffer {
  const sizeBytes = bytes.length >= at + HEADER_BYTES ? bytes.readUInt32BE(at) : 0;
  const found = bytes.toString('latin1', at + 4, at + HEADER_BYTES);
  if (found !== type || sizeBytes < HEADER_BYTES || at + sizeBytes > bytes.length) throw new Error(`no whole ${type} at byte ${at}: ${JSON.stringify(found)} of ${sizeBytes} bytes`);
  return bytes.subarray(at, at + sizeBytes);
}
