import type { AudioConfig } from '../../media.js';

const SAMPLE_RATE = 48_000;
/** What an encoder writes ahead; RTP does not say, and decoders run on. */
const PRE_SKIP = 0;

/** The format of Opus as RTP carries it (RFC 7587): 48 kHz and two channels, whatever is in it. */
export function opusConfig(): AudioConfig {
  const channels = 2;
  return { kind: 'audio', codec: 'opus', codecString: 'opus', sampleRate: SAMPLE_RATE, channels, frameSamples: SAMPLE_RATE / 50, description: opusHead(channels) };
}

/** RFC 7845 §5.1, mapping family 0. */
function opusHead(channels: number): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 'latin1');
  head.writeUInt8(1, 8);
  head.writeUInt8(channels, 9);
  head.writeUInt16LE(PRE_SKIP, 10);
  head.writeUInt32LE(SAMPLE_RATE, 12);
  return head;
}
