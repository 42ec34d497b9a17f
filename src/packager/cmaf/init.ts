import type { AudioConfig, VideoConfig } from '../../streams/index.js';
import { box, fullBox, text, u16, u32, u8 } from '../../streams/index.js';

/** Ticks a second of video tracks; every RTMP millisecond is a whole number of them. */
export const VIDEO_TIMESCALE = 90_000;
const TRACK_ID = 1;
const LANGUAGE_UNDETERMINED = 0x55c4;
const UNITY_MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
const RESOLUTION_72_DPI = 0x480000;
/** The sample entry of a codec and the box of its decoder configuration record. */
const VIDEO_ENTRIES = { h264: ['avc1', 'avcC'], hevc: ['hvc1', 'hvcC'], av1: ['av01', 'av1C'] } as const;

/** Ticks a second of a track: 90 kHz for video, the sampling rate for audio. */
export function timescaleOf(config: VideoConfig | AudioConfig): number {
  return config.kind === 'video' ? VIDEO_TIMESCALE : config.sampleRate;
}

/** The CMAF header of a track (ISO/IEC 23000-19 §7.3.1): `ftyp` and `moov`. */
export function initSegment(config: VideoConfig | AudioConfig): Buffer {
  return Buffer.concat([fileType(), movie(config)]);
}

function fileType(): Buffer {
  return box('ftyp', text('iso6'), u32(1), text('iso6cmfcmp41'));
}

function movie(config: VideoConfig | AudioConfig): Buffer {
  const timescale = timescaleOf(config);
  const header = fullBox('mvhd', 0, 0, u32(0, 0, timescale, 0, 0x10000), u16(0x100, 0), u32(0, 0), UNITY_MATRIX, u32(0, 0, 0, 0, 0, 0), u32(TRACK_ID + 1));
  const extends_ = box('mvex', fullBox('trex', 0, 0, u32(TRACK_ID, 1, 0, 0, 0)));
  return box('moov', header, track(config, timescale), extends_);
}

function track(config: VideoConfig | AudioConfig, timescale: number): Buffer {
  return box('trak', trackHeader(config), box('mdia',
    fullBox('mdhd', 0, 0, u32(0, 0, timescale, 0), u16(LANGUAGE_UNDETERMINED, 0)),
    handler(config.kind),
    box('minf',
      config.kind === 'video' ? fullBox('vmhd', 0, 1, u16(0, 0, 0, 0)) : fullBox('smhd', 0, 0, u16(0, 0)),
      box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1))),
      sampleTable(config))));
}

function trackHeader(config: VideoConfig | AudioConfig): Buffer {
  const isVideo = config.kind === 'video';
  // The display size has the sample aspect ratio applied (ISO/IEC 14496-12 §8.3.2).
  const width = isVideo ? Math.round((config.width * config.sar.width) / config.sar.height) : 0;
  const height = isVideo ? config.height : 0;
  const volume = isVideo ? 0 : 0x100;
  return fullBox('tkhd', 0, 7, u32(0, 0, TRACK_ID, 0, 0, 0, 0), u16(0, 0, volume, 0), UNITY_MATRIX, u32(width * 65536, height * 65536));
}

function handler(kind: 'video' | 'audio'): Buffer {
  const type = kind === 'video' ? 'vide' : 'soun';
  return fullBox('hdlr', 0, 0, u32(0), text(type), u32(0, 0, 0), text(`${kind}\0`));
}

function sampleTable(config: VideoConfig | AudioConfig): Buffer {
  const entry = config.kind === 'video' ? videoEntry(config) : audioEntry(config);
  return box('stbl',
    fullBox('stsd', 0, 0, u32(1), entry),
    fullBox('stts', 0, 0, u32(0)),
    fullBox('stsc', 0, 0, u32(0)),
    fullBox('stsz', 0, 0, u32(0, 0)),
    fullBox('stco', 0, 0, u32(0)));
}

function videoEntry(config: VideoConfig): Buffer {
  if (config.codec === 'vp8' || config.codec === 'vp9') throw new Error(`${config.codec} is encoded anew, never packaged`);
  const [entryType, recordType] = VIDEO_ENTRIES[config.codec];
  const pixelAspect = box('pasp', u32(config.sar.width, config.sar.height));
  return box(entryType,
    Buffer.alloc(6), u16(1), Buffer.alloc(16), u16(config.width, config.height),
    u32(RESOLUTION_72_DPI, RESOLUTION_72_DPI, 0), u16(1), Buffer.alloc(32), u16(0x18, 0xffff),
    box(recordType, config.description), pixelAspect);
}

function audioEntry(config: AudioConfig): Buffer {
  // Rates over 65535 Hz do not fit the 16.16 field; the decoder reads them from the esds (ISO/IEC 14496-12 §12.2.3).
  const rate = config.sampleRate > 0xffff ? 0 : config.sampleRate * 65536;
  return box('mp4a', Buffer.alloc(6), u16(1), u32(0, 0), u16(config.channels, 16, 0, 0), u32(rate), elementaryStream(config));
}

/** ES_Descriptor (ISO/IEC 14496-1 §7.2.6.5) around the AudioSpecificConfig. */
function elementaryStream(config: AudioConfig): Buffer {
  const decoderSpecific = descriptor(5, config.description);
  const decoderConfig = descriptor(4, u8(0x40, 0x15), u8(0, 0, 0), u32(0, 0), decoderSpecific);
  return fullBox('esds', 0, 0, descriptor(3, u16(TRACK_ID), u8(0), decoderConfig, descriptor(6, u8(2))));
}

function descriptor(tag: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([u8(tag, 0x80, 0x80, 0x80 | (body.length >> 7), body.length & 0x7f), body]);
}
