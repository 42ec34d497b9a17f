import t from 'tap';
import type { Frame, Media, VideoConfig } from '../../../src/streams/index.js';
import { H264Pictures } from '../../../src/webrtc/receive/h264-pictures.js';
import { ReceivedMedia } from '../../../src/webrtc/receive/received-media.js';
import { h264Payloads, parameterSetsOf } from '../../../src/webrtc/rtp/h264-payload.js';
import { RtpStream } from '../../../src/webrtc/rtp/rtp-packet.js';
import { makeFlv, readFlv } from '../../support/flv.js';

/** Two seconds of a camera, a key frame each second. */
const source = readFlv(await makeFlv([
  '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=30,noise=alls=20:allf=t', '-t', '2', '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency',
  '-profile:v', 'high', '-pix_fmt', 'yuv420p', '-g', '30', '-x264-params', 'slices=3',
])).map(({ media }) => media);
const config = source.flatMap((media) => (media.type === 'config' && media.config.kind === 'video' ? [media.config] : []))[0];
const frames = source.flatMap((media) => (media.type === 'frame' ? [media.frame] : []));
const parameterSets = parameterSetsOf(config?.description ?? Buffer.alloc(0));

/** Each picture as its packets. */
function packetsOf(pictures: Frame[]): Buffer[][] {
  const stream = new RtpStream({ ssrc: 1, payloadType: 96, sequence: 65_500 });
  return pictures.map(({ payload, isKey, ptsMs }) =>
    h264Payloads(payload, { isKey, parameterSets }).map((one) => stream.packet(one, (ptsMs * 90 + 4_294_900_000) % 2 ** 32)));
}

function timesOf(pictures: Frame[]): number[] {
  return pictures.map(({ dtsMs }) => dtsMs - (pictures[0]?.dtsMs ?? 0));
}

function receive(packets: Buffer[], options: { maxFrameBytes?: number; stepMs?: number } = {}) {
  const media: Media[] = [];
  let keysNeeded = 0;
  const received = new ReceivedMedia({ reader: new H264Pictures(), maxFrameBytes: options.maxFrameBytes ?? 1 << 20, onMedia: (one) => media.push(one), onKeyNeeded: () => { keysNeeded++; } });
  packets.forEach((packet, i) => received.push('video', packet, i * (options.stepMs ?? 1)));
  return {
    configs: media.flatMap((one): VideoConfig[] => (one.type === 'config' && one.config.kind === 'video' ? [one.config] : [])),
    frames: media.flatMap((one) => (one.type === 'frame' ? [one.frame] : [])),
    /** From the first picture on, ms. */
    times: timesOf(media.flatMap((one) => (one.type === 'frame' ? [one.frame] : []))),
    keysNeeded: () => keysNeeded,
  };
}

/** Without what no picture needs: real-time senders leave it out, or we do. */
function slices(payload: Buffer): string[] {
  const units: string[] = [];
  for (let offset = 0; offset + 4 < payload.length; offset += 4 + payload.readUInt32BE(offset)) {
    const unit = payload.subarray(offset + 4, offset + 4 + payload.readUInt32BE(offset));
    if ((unit.readUInt8(0) & 31) <= 5) units.push(unit.toString('hex'));
  }
  return units;
}

t.test('pictures come out as they went in, with their format before them', async (t) => {
  const got = receive(packetsOf(frames).flat());
  t.equal(got.configs.length, 1);
  t.match(got.configs[0], { codec: 'h264', width: 640, height: 360, codecString: config?.codecString, isBaselineChroma: true });
  t.same(parameterSetsOf(got.configs[0]?.description ?? Buffer.alloc(0)), parameterSets);
  t.equal(got.frames.length, frames.length);
  t.same(got.frames.map(({ isKey }) => isKey), frames.map(({ isKey }) => isKey));
  t.same(got.frames.map(({ payload }) => slices(payload)), frames.map(({ payload }) => slices(payload)));
  t.same(got.times, timesOf(frames), 'over the wrap of the timestamp and of the sequence');
});

t.test('packets that overtake each other make the same pictures', async (t) => {
  const packets = packetsOf(frames).flat();
  const shuffled = packets.map((_packet, i) => packets[i ^ 1] ?? packets[i]).filter((packet) => packet !== undefined);
  // The first one decides where the count begins.
  const got = receive([...packets.slice(0, 2), ...shuffled.slice(2)]);
  t.same(got.frames.map(({ payload }) => slices(payload)), frames.map(({ payload }) => slices(payload)));
});

t.test('a lost packet drops its picture and those made from it, and asks for a key frame', async (t) => {
  const pictures = packetsOf(frames);
  const lossy = pictures.map((packets, i) => (i === 10 ? packets.slice(1) : packets));
  const got = receive(lossy.flat(), { stepMs: 10 });
  t.ok(got.keysNeeded() > 0);
  t.same(got.times, timesOf(frames.filter((_frame, i) => i < 10 || i >= 30)));
});

t.test('a picture whose last packet is lost ends with the next one', async (t) => {
  const pictures = packetsOf(frames.slice(0, 40));
  const lossy = pictures.map((packets, i) => (i === 29 ? packets.slice(0, -1) : packets));
  const got = receive(lossy.flat(), { stepMs: 10 });
  t.same(got.times, timesOf(frames.slice(0, 40).filter((_frame, i) => i !== 29)));
});

t.test('a sender that sets no markers', async (t) => {
  const packets = packetsOf(frames.slice(0, 5)).flat().map((packet) => {
    const changed = Buffer.from(packet);
    changed.writeUInt8(changed.readUInt8(1) & 0x7f, 1);
    return changed;
  });
  t.equal(receive(packets).frames.length, 4, 'the fifth has no end yet');
});

t.test('nothing comes out before the first key frame, and one is asked for', async (t) => {
  const got = receive(packetsOf(frames).slice(5).flat());
  t.equal(got.frames.length, 30);
  t.ok(got.frames[0]?.isKey);
  t.ok(got.keysNeeded() >= 24);
});

t.test('a picture over the bound is dropped', async (t) => {
  const bound = Math.max(...frames.filter(({ isKey }) => !isKey).map(({ payload }) => payload.length)) + 200;
  const got = receive(packetsOf(frames).flat(), { maxFrameBytes: bound });
  t.notOk(got.frames.some(({ payload }) => payload.length > bound));
  t.ok(got.keysNeeded() > 0);
});

t.test('Opus packets are frames, with the head that decoders ask for', async (t) => {
  const media: Media[] = [];
  const received = new ReceivedMedia({ reader: undefined, maxFrameBytes: 1_000, onMedia: (one) => media.push(one), onKeyNeeded: () => t.fail('there are no pictures') });
  const stream = new RtpStream({ ssrc: 2, payloadType: 111 });
  [0, 1, 2].forEach((i) => received.push('audio', stream.packet({ slices: [Buffer.from([0xfc, i])], marker: false }, i * 960), i * 20));
  t.match(media[0], { type: 'config', config: { kind: 'audio', codec: 'opus', sampleRate: 48_000, channels: 2 } });
  t.same(media.slice(1).map((one) => one.type === 'frame' && [one.frame.dtsMs, one.frame.isKey, one.frame.payload.toString('hex')]), [[0, true, 'fc00'], [20, true, 'fc01'], [40, true, 'fc02']]);
});

t.test('a lost packet of sound holds up the next ones for less than a tenth of a second', async (t) => {
  const times: number[] = [];
  const received = new ReceivedMedia({ reader: undefined, maxFrameBytes: 1_000, onMedia: (one) => { if (one.type === 'frame') times.push(one.frame.dtsMs); }, onKeyNeeded: () => undefined });
  const stream = new RtpStream({ ssrc: 2, payloadType: 111 });
  const packets = Array.from({ length: 10 }, (_value, i) => stream.packet({ slices: [Buffer.from([0xfc, i])], marker: false }, i * 960));
  packets.forEach((packet, i) => { if (i !== 2) received.push('audio', packet, i * 20); });
  t.same(times, [0, 20, 60, 80, 100, 120, 140, 160, 180]);
});

t.test('any bytes are only dropped', async (t) => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return seed % below;
  };
  const good = packetsOf(frames).flat();
  const bad = good.flatMap((packet) => {
    const changed = Buffer.from(packet);
    for (let i = 0; i < 3; i++) changed.writeUInt8(random(256), random(changed.length));
    return [packet, changed.subarray(0, random(changed.length + 1)), changed];
  });
  const got = receive([...bad, ...good]);
  t.ok(got.frames.every(({ payload }) => payload.length > 0));
});
