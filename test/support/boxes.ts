/** A box of a file (ISO/IEC 14496-12 §4.2). */
export interface Box {
  type: string;
  content: Buffer;
}

/** What an init segment says of its one track. */
export interface InitFacts {
  timescale: number;
  /** Four characters, such as `avc1`. */
  entry: string;
  width: number;
  height: number;
  /** The box with the decoder's configuration, such as `avcC`. */
  record: Box;
}

export interface MovieSample {
  decodeTicks: number;
  durationTicks: number;
  compositionTicks: number;
  isKey: boolean;
  payload: Buffer;
}

const BOX_HEADER_BYTES = 8;
const VISUAL_ENTRY_BYTES = 78;
const AUDIO_ENTRY_BYTES = 28;
const NOT_SYNC = 0x10000;

/** The boxes side by side in these bytes. Throws where a size does not fit. */
export function boxesOf(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + BOX_HEADER_BYTES > bytes.length) throw new Error(`${bytes.length - at} bytes are left behind the last box`);
    const sizeBytes = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (sizeBytes < BOX_HEADER_BYTES || at + sizeBytes > bytes.length) throw new Error(`box ${type} has ${sizeBytes} bytes; ${bytes.length - at} are there`);
    boxes.push({ type, content: bytes.subarray(at + BOX_HEADER_BYTES, at + sizeBytes) });
    at += sizeBytes;
  }
  return boxes;
}

/** The content of a box inside boxes. Throws when one of them is missing. */
export function contentOf(bytes: Buffer, ...path: string[]): Buffer {
  return path.reduce((content, type) => {
    const found = boxesOf(content).find((box) => box.type === type);
    if (found === undefined) throw new Error(`there is no box ${path.join('/')}`);
    return found.content;
  }, bytes);
}

/** Reads `ftyp` and `moov`. */
export function readInit(init: Buffer): InitFacts {
  if (boxesOf(init)[0]?.type !== 'ftyp') throw new Error('an init segment starts with ftyp');
  const media = contentOf(init, 'moov', 'trak', 'mdia');
  const entries = boxesOf(contentOf(media, 'minf', 'stbl', 'stsd').subarray(8));
  const entry = entries[0];
  if (entry === undefined || entries.length !== 1) throw new Error(`there are ${entries.length} sample entries`);
  const isAudio = entry.type === 'mp4a';
  const record = boxesOf(entry.content.subarray(isAudio ? AUDIO_ENTRY_BYTES : VISUAL_ENTRY_BYTES))[0];
  if (record === undefined) throw new Error(`${entry.type} has no configuration`);
  return {
    timescale: contentOf(media, 'mdhd').readUInt32BE(12),
    entry: entry.type,
    width: isAudio ? 0 : entry.content.readUInt16BE(24),
    height: isAudio ? 0 : entry.content.readUInt16BE(26),
    record,
  };
}

/** Every sample of a media segment, or of a whole fragmented file. Throws where tables and bytes disagree. */
export function samplesOf(bytes: Buffer): MovieSample[] {
  const boxes = boxesOf(bytes);
  return boxes.flatMap((box, i) => {
    const data = boxes[i + 1];
    if (box.type !== 'moof') return [];
    if (data?.type !== 'mdat') throw new Error('moof is not followed by mdat');
    return samplesOfFragment(box.content, data.content);
  });
}

function samplesOfFragment(moof: Buffer, data: Buffer): MovieSample[] {
  const track = contentOf(moof, 'traf');
  const time = contentOf(track, 'tfdt');
  const defaults = readDefaults(contentOf(track, 'tfhd'));
  let decodeTicks = time[0] === 1 ? Number(time.readBigUInt64BE(4)) : time.readUInt32BE(4);
  let at = 0;
  const samples = readRun(contentOf(track, 'trun'), defaults, moof.length).map(({ sizeBytes, ...sample }) => {
    const timed = { ...sample, decodeTicks, payload: data.subarray(at, at + sizeBytes) };
    at += sizeBytes;
    decodeTicks += sample.durationTicks;
    return timed;
  });
  if (at !== data.length) throw new Error(`samples have ${at} bytes, mdat has ${data.length}`);
  return samples;
}

interface Defaults {
  durationTicks: number;
  sizeBytes: number;
  flags: number;
}

function readDefaults(tfhd: Buffer): Defaults {
  const flags = tfhd.readUInt32BE(0);
  let at = 8;
  const take = (flag: number, bytes = 4): number => {
    if ((flags & flag) === 0) return 0;
    at += bytes;
    return tfhd.readUInt32BE(at - 4);
  };
  take(0x1, 8); // base data offset
  take(0x2); // sample description
  return { durationTicks: take(0x8), sizeBytes: take(0x10), flags: take(0x20) };
}

function readRun(trun: Buffer, defaults: Defaults, moofBytes: number): (Omit<MovieSample, 'decodeTicks' | 'payload'> & { sizeBytes: number })[] {
  const flags = trun.readUInt32BE(0);
  const count = trun.readUInt32BE(4);
  let at = 8;
  const next = (flag: number, or: number): number => {
    if ((flags & flag) === 0) return or;
    at += 4;
    return trun.readUInt32BE(at - 4);
  };
  const dataOffset = next(0x1, 0);
  if (dataOffset !== moofBytes + 2 * BOX_HEADER_BYTES) throw new Error(`data starts at ${dataOffset}; moof has ${moofBytes + BOX_HEADER_BYTES} bytes`);
  const firstFlags = next(0x4, defaults.flags);
  const samples = Array.from({ length: count }, (_, i) => ({
    durationTicks: next(0x100, defaults.durationTicks),
    sizeBytes: next(0x200, defaults.sizeBytes),
    isKey: (next(0x400, i === 0 ? firstFlags : defaults.flags) & NOT_SYNC) === 0,
    compositionTicks: next(0x800, 0) | 0,
  }));
  if (at !== trun.length) throw new Error(`trun has ${trun.length} bytes, ${at} were read`);
  return samples;
}
