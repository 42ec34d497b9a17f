import { CodecUnsupported, MediaInvalid } from '../errors.js';
import type { AudioConfig } from '../media.js';
import { BitReader } from './bit-reader.js';

const SAMPLE_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];
const EXPLICIT_RATE = 15;
/** channelConfiguration 7 means 7.1. */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8];
const OBJECT_LC = 2;
const OBJECT_ESCAPE = 31;
/** SBR and PS: the rate of the extension and the core's object type follow. */
const EXTENSIONS = new Set([5, 29]);
const PADDING_BYTES = 16;
/** A program config element included. */
const MAX_BYTES = 64;

/**
 * Reads an AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1).
 * @throws {MediaInvalid} when it is cut short or names an unknown rate.
 * @throws {CodecUnsupported} for what came after AAC, such as xHE-AAC.
 */
export function parseAudioSpecificConfig(description: Buffer): AudioConfig {
  if (description.length > MAX_BYTES) throw new MediaInvalid(`AAC configuration has ${description.length} bytes; at most ${MAX_BYTES} are taken`);
  if (description.length < 2) throw new MediaInvalid('AAC configuration is shorter than 2 bytes');
  // Fields that optional ones would follow may be the last; past the end they read as zeros.
  const reader = new BitReader(Buffer.concat([description, Buffer.alloc(PADDING_BYTES)]));
  const objectType = reader.bits(5);
  if (objectType === OBJECT_ESCAPE) throw new CodecUnsupported('audio object type above 31', 'send AAC-LC');
  const { rateIndex, sampleRate } = readRate(reader);
  const channels = CHANNELS[reader.bits(4)];
  if (sampleRate === undefined || sampleRate < 7350 || sampleRate > 96000) {
    throw new MediaInvalid(`AAC sampling frequency index ${rateIndex} is not a rate from 7350 to 96000 Hz`);
  }
  if (channels === undefined || channels === 0) throw new MediaInvalid('AAC channel configuration is not 1 to 7');
  if (EXTENSIONS.has(objectType)) {
    readRate(reader);
    reader.skip(5); // the object type below the extension
  }
  const hasShortFrames = reader.flag(); // frameLengthFlag (§4.4.1)
  return {
    kind: 'audio',
    codec: 'aac',
    codecString: `mp4a.40.${objectType === 0 ? OBJECT_LC : objectType}`,
    sampleRate,
    channels,
    frameSamples: hasShortFrames ? 960 : 1024,
    description: Buffer.from(description), // what came is a view of much that can go
  };
}

function readRate(reader: BitReader): { rateIndex: number; sampleRate: number | undefined } {
  const rateIndex = reader.bits(4);
  return { rateIndex, sampleRate: rateIndex === EXPLICIT_RATE ? reader.bits(24) : SAMPLE_RATES[rateIndex] };
}
