import { box } from '../../streams/index.js';
import { BOX_HEADER_BYTES, boxesIn, findBox, wordAt } from './box-reading.js';
import { SegmentDamaged } from './errors.js';
import { parameterSets, VISUAL_ENTRY_BYTES } from './parameter-sets.js';

/** What an init segment says of its one track; boxes as they are. */
export interface TrackInit {
  /** Ticks a second. */
  timescale: number;
  /** Display size in 1/65536 of a pixel; 0 for sound. */
  width: number;
  height: number;
  /** Four characters, such as `avc1`. */
  codec: string;
  sampleEntry: Buffer;
  /** What pictures carry when their format is not the only one of the track. */
  parameterSets: Buffer;
  /** `hdlr`. */
  handler: Buffer;
  /** `vmhd` or `smhd`, and `dinf`. */
  mediaHeaders: Buffer[];
}

const MAX_TIMESCALE = 1_000_000;

/** Reads what our packager writes in front of a track. @throws {SegmentDamaged} */
export function readInit(bytes: Buffer): TrackInit {
  const track = findBox(bytes, 'moov', 'trak');
  const media = findBox(track.content, 'mdia');
  const information = findBox(media.content, 'minf');
  const header = findBox(track.content, 'tkhd');
  const [entry, ...others] = boxesIn(findBox(information.content, 'stbl', 'stsd').content.subarray(8));
  if (entry === undefined || others.length > 0) throw new SegmentDamaged('an init segment describes one format');
  return {
    timescale: readTimescale(media.content),
    width: wordAt(header, header.content.length - 8),
    height: wordAt(header, header.content.length - 4),
    codec: entry.type,
    sampleEntry: entry.whole,
    parameterSets: parameterSets(entry.type, entry.whole),
    handler: findBox(media.content, 'hdlr').whole,
    mediaHeaders: boxesIn(information.content).filter(({ type }) => type !== 'stbl').map(({ whole }) => whole),
  };
}

/** The same H.264 pictures from another encoder: its record (avcC) takes the place of the one that was there. */
export function withAvcRecord(init: TrackInit, record: Buffer): TrackInit {
  const fields = init.sampleEntry.subarray(BOX_HEADER_BYTES, BOX_HEADER_BYTES + VISUAL_ENTRY_BYTES);
  const boxes = boxesIn(init.sampleEntry.subarray(BOX_HEADER_BYTES + VISUAL_ENTRY_BYTES));
  const sampleEntry = box(init.codec, fields, ...boxes.map(({ type, whole }) => (type === 'avcC' ? box('avcC', record) : whole)));
  return { ...init, sampleEntry, parameterSets: parameterSets(init.codec, sampleEntry) };
}

function readTimescale(media: Buffer): number {
  const timescale = wordAt(findBox(media, 'mdhd'), 12);
  if (timescale === 0 || timescale > MAX_TIMESCALE) throw new SegmentDamaged(`${timescale} ticks a second`);
  return timescale;
}
