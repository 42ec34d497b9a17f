import t from 'tap';
import { MediaInvalid } from '../../../src/streams/index.js';
import { H264Pictures } from '../../../src/webrtc/receive/h264-pictures.js';

/** NAL units in one packet (RFC 6184 §5.7.1). */
function stapA(units: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from([0x78]), ...units.flatMap((unit) => [Buffer.from([unit.length >> 8, unit.length & 255]), unit])]);
}

t.test('a picture that is made to cost is refused, and the next one is read', async (t) => {
  const pictures = new H264Pictures();
  pictures.add(stapA(Array.from({ length: 300 }, (_value, i) => Buffer.from([0x67, 0x64, i >> 8, i & 255]))));
  t.throws(() => pictures.finish(), MediaInvalid, 'three hundred parameter sets');
  pictures.clear();
  t.throws(() => { for (let i = 0; i < 2_000; i++) pictures.add(Buffer.from('6100', 'hex')); }, MediaInvalid, 'two thousand slices');
  pictures.clear();
  pictures.add(Buffer.from('6188aa', 'hex'));
  t.match(pictures.finish(), { isKey: false, payload: Buffer.from('000000036188aa', 'hex') });
});
