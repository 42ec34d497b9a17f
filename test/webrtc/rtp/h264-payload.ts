import t from 'tap';
import { h264Payloads, parameterSetsOf } from '../../../src/webrtc/rtp/h264-payload.js';
import { RtpStream } from '../../../src/webrtc/rtp/rtp-packet.js';
import { rtpTimestamp, senderReport } from '../../../src/webrtc/rtp/wall-clock.js';

const SPS = Buffer.from('6764001fac', 'hex');
const PPS = Buffer.from('68ee3c80', 'hex');

/** NAL units after 4-byte lengths. */
function picture(...units: Buffer[]): Buffer {
  return Buffer.concat(units.flatMap((unit) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(unit.length);
    return [length, unit];
  }));
}

function unit(type: number, sizeBytes: number): Buffer {
  return Buffer.concat([Buffer.from([0x60 | type]), Buffer.from(Array.from({ length: sizeBytes - 1 }, (_value, i) => i % 251))]);
}

function hex(payloads: { slices: Buffer[]; marker: boolean }[]): string[] {
  return payloads.map(({ slices, marker }) => `${Buffer.concat(slices).toString('hex')}${marker ? ' end' : ''}`);
}

t.test('a key frame begins with its parameter sets in one packet', async (t) => {
  const idr = unit(5, 4);
  const payloads = h264Payloads(picture(Buffer.from('09f0', 'hex'), unit(6, 9), idr), { isKey: true, parameterSets: [SPS, PPS] });
  t.same(hex(payloads), [`78${'0005'}${SPS.toString('hex')}${'0004'}${PPS.toString('hex')}`, `${idr.toString('hex')} end`]);
});

t.test('sets that the picture brings too are sent once, others beside them', async (t) => {
  const other = Buffer.from('68ee3c81', 'hex');
  const payloads = h264Payloads(picture(SPS, other, unit(5, 4)), { isKey: true, parameterSets: [SPS, PPS] });
  t.equal(hex(payloads)[0], `780005${SPS.toString('hex')}0004${PPS.toString('hex')}0004${other.toString('hex')}`);
});

t.test('a large unit is cut into pieces that come together again', async (t) => {
  const slice = unit(1, 5_000);
  const payloads = h264Payloads(picture(unit(1, 30), slice), { isKey: false, parameterSets: [SPS, PPS] });
  t.same(payloads.map(({ marker }) => marker), [false, false, false, false, false, true]);
  const pieces = payloads.slice(1).map(({ slices }) => Buffer.concat(slices));
  t.ok(pieces.every((piece) => piece.length <= 1180 && piece.readUInt8(0) === 0x7c));
  t.same(pieces.map((piece) => piece.readUInt8(1)), [0x81, 0x01, 0x01, 0x01, 0x41]);
  t.same(Buffer.concat([slice.subarray(0, 1), ...pieces.map((piece) => piece.subarray(2))]), slice);
});

t.test('lengths that run out of the picture end it', async (t) => {
  const broken = Buffer.concat([picture(unit(1, 8)), Buffer.from('000000ff41', 'hex')]);
  t.equal(h264Payloads(broken, { isKey: false, parameterSets: [] }).length, 1);
  t.same(h264Payloads(Buffer.from('0000', 'hex'), { isKey: true, parameterSets: [] }), []);
});

t.test('a picture that is made to cost is left out, or costs little', async (t) => {
  const sets = Array.from({ length: 500 }, (_value, i) => Buffer.from([0x67, 0x64, i >> 8, i & 255]));
  t.equal(h264Payloads(picture(...sets, unit(5, 4)), { isKey: true, parameterSets: [SPS, PPS] })[0]?.slices.length, 1 + 2 * 16, 'sixteen sets');
  t.same(h264Payloads(picture(...Array.from({ length: 2_000 }, () => unit(1, 2))), { isKey: false, parameterSets: [] }), []);
});

t.test('parameter sets of a decoder configuration record', async (t) => {
  const record = Buffer.concat([Buffer.from('0164001fffe10005', 'hex'), SPS, Buffer.from('010004', 'hex'), PPS]);
  t.same(parameterSetsOf(record), [SPS, PPS]);
  t.same(parameterSetsOf(record.subarray(0, record.length - 1)), [SPS], 'one that is cut off is left out');
  t.same(parameterSetsOf(record.subarray(0, 5)), []);
  const empty = Buffer.concat([Buffer.from('0164001fffe10005', 'hex'), SPS, Buffer.from('010000', 'hex')]);
  t.same(parameterSetsOf(empty), [SPS], 'one that is empty, too');
});

t.test('a stream numbers its packets, over the end of 16 bits', async (t) => {
  const stream = new RtpStream({ ssrc: 0x01020304, payloadType: 101, sequence: 65_535 });
  const packets = [false, true].map((marker) => stream.packet({ slices: [Buffer.from('aa', 'hex'), Buffer.from('bb', 'hex')], marker }, 0xfffffffe));
  t.same(packets.map((packet) => packet.toString('hex')), ['8065fffffffffffe01020304aabb', '80e50000fffffffe01020304aabb']);
  t.match(stream, { packets: 2, octets: 4 });
});

t.test('timestamps are the wall clock, and reports say so', async (t) => {
  const wallMs = Date.UTC(2026, 0, 1, 0, 0, 0, 500);
  const timestamp = rtpTimestamp(wallMs, 90_000);
  t.equal(timestamp, Number((BigInt(wallMs) * 90n) % (1n << 32n)));
  const report = senderReport({ ssrc: 7, packets: 2, octets: 300 }, wallMs, 90_000);
  t.equal(report.toString('hex'), `80c80006${'00000007'}${(wallMs / 1000 - 0.5 + 2_208_988_800).toString(16)}80000000${timestamp.toString(16).padStart(8, '0')}${'00000002'}${'0000012c'}`);
});
