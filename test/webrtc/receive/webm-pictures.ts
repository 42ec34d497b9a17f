import { spawn } from 'node:child_process';
import t from 'tap';
import { Av1Pictures } from '../../../src/webrtc/receive/av1-pictures.js';
import type { Picture, PictureReader } from '../../../src/webrtc/receive/picture-assembly.js';
import { Vp8Pictures } from '../../../src/webrtc/receive/vp8-pictures.js';
import { Vp9Pictures } from '../../../src/webrtc/receive/vp9-pictures.js';

const PIECE_BYTES = 900;

/** Pictures as FFmpeg encodes them, out of an IVF file. */
async function pictures(encoder: string[]): Promise<Buffer[]> {
  const child = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=15,noise=alls=10:allf=t', '-t', '1', '-pix_fmt', 'yuv420p', ...encoder, '-f', 'ivf', 'pipe:1'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => child.once('close', resolve));
  const file = Buffer.concat(chunks);
  const found: Buffer[] = [];
  for (let offset = 32; offset < file.length; offset += 12 + file.readUInt32LE(offset)) found.push(file.subarray(offset + 12, offset + 12 + file.readUInt32LE(offset)));
  return found;
}

function pieces(picture: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(picture.length / PIECE_BYTES) }, (_value, i) => picture.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES));
}

function read(reader: PictureReader, payloads: Buffer[]): Picture | undefined {
  for (const payload of payloads) reader.add(payload);
  const picture = reader.finish();
  reader.clear();
  return picture;
}

t.test('VP8 behind every form of descriptor', async (t) => {
  const source = await pictures(['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-g', '10', '-b:v', '1M']);
  const reader = new Vp8Pictures();
  const descriptors = ['10', '90800f', '908080ff', '90e0810e0720', '90e07f0140'];
  source.forEach((picture, i) => {
    const start = Buffer.from(descriptors[i % descriptors.length] ?? '', 'hex');
    const got = read(reader, pieces(picture).map((piece, k) => Buffer.concat([k === 0 ? start : Buffer.from('00', 'hex'), piece])));
    t.ok(got?.payload.equals(picture), `picture ${i}`);
    t.equal(got?.isKey, i % 10 === 0);
    if (got?.isKey) t.match(got.config, { codec: 'vp8', width: 320, height: 180, reorderFrames: 0 });
  });
  t.throws(() => read(reader, [Buffer.from('00ff', 'hex')]), { message: /does not begin/ });
  reader.clear();
  t.throws(() => read(reader, [Buffer.from('90', 'hex')]), { message: /descriptor/ });
});

t.test('VP9 behind every form of descriptor', async (t) => {
  const source = await pictures(['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '10', '-lag-in-frames', '0', '-b:v', '1M']);
  const reader = new Vp9Pictures();
  source.forEach((picture, i) => {
    const isKey = i % 10 === 0;
    // A key frame tells the structure of its layers; others name the two pictures that they are made from.
    const [start, next] = isKey ? ['8a0118014000b4010401', '8001'] : ['d881020304', 'd081020304'];
    const got = read(reader, pieces(picture).map((piece, k) => Buffer.concat([Buffer.from((k === 0 ? start : next) ?? '', 'hex'), piece])));
    t.ok(got?.payload.equals(picture), `picture ${i}`);
    t.equal(got?.isKey, isKey);
    if (got?.isKey) t.match(got.config, { codec: 'vp9', width: 320, height: 180, codecString: 'vp09.00.10.08' });
  });
  t.throws(() => read(reader, [Buffer.from('00ff', 'hex')]), { message: /does not begin/ });
});

t.test('AV1 units come with their sizes', async (t) => {
  const source = await pictures(['-c:v', 'libaom-av1', '-usage', 'realtime', '-cpu-used', '8', '-g', '10', '-lag-in-frames', '0', '-b:v', '500k']);
  const reader = new Av1Pictures();
  source.forEach((picture, i) => {
    const units = withoutSizes(picture);
    const last = units.at(-1) ?? Buffer.alloc(0);
    const cut = pieces(last);
    // The small ones in one packet with the beginning of the last, each with its size; then the rest of it.
    const first = Buffer.concat([Buffer.from([cut.length > 1 ? 0x40 : 0]), ...units.slice(0, -1).flatMap(sized), ...sized(cut[0] ?? last)]);
    const rest = cut.slice(1).map((piece, k) => Buffer.concat([Buffer.from([0x90 | (k < cut.length - 2 ? 0x40 : 0)]), piece]));
    const got = read(reader, [first, ...rest]);
    t.equal(got?.isKey, i % 10 === 0);
    t.ok(got?.payload.equals(picture.subarray(2)), `picture ${i}, but for its delimiter`);
    if (got?.isKey) t.match(got.config, { codec: 'av1', width: 320, height: 180 });
  });
  t.throws(() => read(reader, [Buffer.from('9000', 'hex')]), { message: /in the middle/ });
});

/** The units of a temporal unit as RTP has them: their size fields left out, and no delimiter. */
function withoutSizes(picture: Buffer): Buffer[] {
  const units: Buffer[] = [];
  for (let offset = 0; offset < picture.length;) {
    const header = picture.readUInt8(offset);
    let size = 0;
    let at = offset + 1;
    for (let shift = 0; ; shift += 7) {
      const byte = picture.readUInt8(at++);
      size += (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) break;
    }
    if (header >> 3 !== 2) units.push(Buffer.concat([Buffer.from([header & ~2]), picture.subarray(at, at + size)]));
    offset = at + size;
  }
  return units;
}

function sized(unit: Buffer): Buffer[] {
  const size = unit.length < 128 ? [unit.length] : [(unit.length & 0x7f) | 0x80, unit.length >> 7];
  return [Buffer.from(size), unit];
}
