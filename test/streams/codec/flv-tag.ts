import t from 'tap';
import { CodecUnsupported, FLV_AUDIO, FLV_SCRIPT, FLV_VIDEO, FlvReader, MediaInvalid, parseFlvTag } from '../../../src/streams/index.js';
import { flvFileHeader, flvTag, makeFlv, readFlv } from '../../support/flv.js';

const video = (...bytes: number[]) => parseFlvTag(FLV_VIDEO, 1000, Buffer.from(bytes));
const audio = (...bytes: number[]) => parseFlvTag(FLV_AUDIO, 1000, Buffer.from(bytes));
const enhanced = (first: number, fourcc: string): Buffer => Buffer.concat([Buffer.from([first]), Buffer.from(fourcc, 'latin1'), Buffer.alloc(8)]);

t.test('video frames', async (t) => {
  t.match(video(0x17, 1, 0, 0, 80, 0, 0, 0, 1, 0x65), { type: 'frame', frame: { kind: 'video', dtsMs: 1000, ptsMs: 1080, isKey: true, payload: Buffer.from([0, 0, 0, 1, 0x65]) } });
  t.match(video(0x27, 1, 0xff, 0xff, 0xf6, 1), { frame: { ptsMs: 990, isKey: false } }, 'composition time is signed');
  t.equal(video(0x17, 2, 0, 0, 0), undefined, 'end of sequence');
  t.equal(video(0x17, 1, 0, 0, 0), undefined, 'a frame of nothing');
  t.equal(video(0x57, 0), undefined, 'a seek command');
  t.throws(() => video(0x17, 1, 0), MediaInvalid);
});

t.test('audio frames', async (t) => {
  t.match(audio(0xaf, 1, 0x21, 0x10), { type: 'frame', frame: { kind: 'audio', dtsMs: 1000, ptsMs: 1000, isKey: true, payload: Buffer.from([0x21, 0x10]) } });
  t.equal(audio(0xaf, 1), undefined, 'a frame of nothing');
  t.equal(audio(), undefined, 'OBS sends empty messages');
  t.throws(() => audio(0xaf), MediaInvalid);
});

t.test('script data is not media', async (t) => {
  t.equal(parseFlvTag(FLV_SCRIPT, 0, Buffer.from('onMetaData')), undefined);
});

t.test('a codec that cannot be taken is refused by its name', async (t) => {
  const refusal = (type: number, body: Buffer): string => {
    try {
      parseFlvTag(type, 0, body);
    } catch (error) {
      if (error instanceof CodecUnsupported) return error.message;
    }
    return 'not refused';
  };
  const advice = 'choose H.264, HEVC or AV1 video and AAC audio in the encoder';
  t.equal(refusal(FLV_VIDEO, enhanced(0x91, 'vp09')), `VP9 is not supported: ${advice}`);
  t.equal(refusal(FLV_VIDEO, enhanced(0x90, 'zzzz')), `this Enhanced RTMP codec is not supported: ${advice}`);
  t.equal(refusal(FLV_AUDIO, enhanced(0x90, 'Opus')), `Opus is not supported: ${advice}`);
  t.equal(refusal(FLV_AUDIO, enhanced(0x91, 'ac-3')), `AC-3 is not supported: ${advice}`);
  t.equal(refusal(FLV_VIDEO, enhanced(0x95, 'av01')), 'packet type 5 of Enhanced RTMP is not supported: send plain coded frames');
  t.equal(refusal(FLV_VIDEO, Buffer.from([0x12, 0, 0, 0, 0])), 'FLV video codec 2 is not supported: send H.264');
  t.equal(refusal(FLV_AUDIO, Buffer.from([0x2f, 0])), 'FLV sound format 2 is not supported: send AAC');
});

t.test('enhanced tags', async (t) => {
  const slice = Buffer.from([0, 0, 0, 3, 19 << 1, 1, 9]);
  const tag = (first: number, ...rest: (Buffer | string)[]) => parseFlvTag(FLV_VIDEO, 1000, Buffer.concat([Buffer.from([first]), ...rest.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))]));
  const bytes = (...values: number[]): Buffer => Buffer.from(values);

  t.test('pictures', async (t) => {
    t.match(tag(0x91, 'hvc1', bytes(0, 0, 80), slice), { frame: { kind: 'video', dtsMs: 1000, ptsMs: 1080, isKey: true, payload: slice } }, 'with a composition time');
    t.match(tag(0xa3, 'hvc1', slice), { frame: { ptsMs: 1000, isKey: false, payload: slice } }, 'without one');
    t.match(tag(0xa1, 'avc1', bytes(0xff, 0xff, 0xf6), slice), { frame: { ptsMs: 990, payload: slice } });
    t.match(tag(0x91, 'av01', bytes(0x12, 0, 0x32, 1, 7)), { frame: { ptsMs: 1000, isKey: true, payload: bytes(0x32, 1, 7) } }, 'AV1 has no composition time');
    t.equal(tag(0x92, 'hvc1'), undefined, 'end of sequence');
    t.equal(tag(0x94, 'hvc1', bytes(2, 0, 9)), undefined, 'metadata');
    for (const command of [bytes(0), bytes(1), bytes()]) t.equal(tag(0xd1, command), undefined, 'a seek command, which has no FourCC');
    t.equal(tag(0xd7, bytes(2, 0, 1, 2, 0x01, 0)), undefined, 'a seek command behind a modifier');
    t.equal(tag(0xd4, 'hvc1', bytes(2, 0, 9)), undefined, 'metadata beside a command');
    t.throws(() => tag(0x91, 'hvc1', bytes(0, 0)), MediaInvalid, 'cut in the composition time');
    t.throws(() => tag(0x91, 'hvc1', bytes(0x40, 0, 0), slice), MediaInvalid, 'an hour of composition time');
    t.throws(() => tag(0x91, 'hv'), MediaInvalid);
  });

  t.test('modifiers are left out, and one track is taken as if it came plain', async (t) => {
    const nanoseconds = bytes(2, 0, 1, 2, 0x03);
    t.match(tag(0xa7, nanoseconds, 'hvc1', slice), { frame: { ptsMs: 1000, payload: slice } });
    t.match(tag(0xa7, bytes(255, 0, 2, 0, 0, 0, 0x03), 'hvc1', slice), { frame: { payload: slice } }, 'a long modifier');
    t.match(tag(0xa6, bytes(0x03), 'hvc1', bytes(0), slice), { frame: { payload: slice } });
    const several = { message: 'a stream with several video tracks is not supported: send one' };
    t.throws(() => tag(0xa6, bytes(0x03), 'hvc1', bytes(1), slice), several, 'the second track');
    t.throws(() => tag(0xa6, bytes(0x13), 'hvc1', bytes(0, 0, 0, 7), slice), several, 'many tracks in a message');
    t.throws(() => tag(0xa7, bytes(9, 0)), MediaInvalid, 'cut in a modifier');
  });

  t.test('sound', async (t) => {
    const sound = (first: number, ...rest: number[]) => parseFlvTag(FLV_AUDIO, 1000, Buffer.concat([Buffer.from([first]), Buffer.from('mp4a'), Buffer.from(rest)]));
    t.match(sound(0x90, 0x11, 0x90), { config: { codecString: 'mp4a.40.2', sampleRate: 48_000 } });
    t.match(sound(0x91, 0x21, 0x10), { frame: { kind: 'audio', ptsMs: 1000, payload: Buffer.from([0x21, 0x10]) } });
    t.equal(sound(0x92), undefined, 'end of sequence');
    t.equal(sound(0x94, 1, 2), undefined, 'channel order');
  });
});

t.test('what is written is read back, over the 24-bit boundary of timestamps too', async (t) => {
  const tags: unknown[] = [];
  const reader = new FlvReader({ onTag: (tag) => tags.push(tag), maxTagBytes: 100 });
  const body = Buffer.from('body');
  reader.write(flvFileHeader());
  for (const timeMs of [0, 2 ** 24 - 1, 2 ** 24, 2 ** 32 - 1]) {
    reader.write(flvTag(FLV_VIDEO, timeMs, body));
  }
  t.strictSame(tags, [0, 2 ** 24 - 1, 2 ** 24, 2 ** 32 - 1].map((timestampMs) => ({ type: FLV_VIDEO, timestampMs, body })));
});

t.test('the reader', async (t) => {
  const flv = await makeFlv(['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=10', '-f', 'lavfi', '-i', 'sine', '-t', '0.5', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'aac']);
  const whole = readFlv(flv);
  const read = (pieces: Buffer[]): { type: number; timestampMs: number; body: string }[] => {
    const tags: { type: number; timestampMs: number; body: string }[] = [];
    const reader = new FlvReader({ maxTagBytes: 1 << 20, onTag: ({ type, timestampMs, body }) => tags.push({ type, timestampMs, body: body.toString('base64') }) });
    for (const piece of pieces) reader.write(piece);
    return tags;
  };
  const expected = read([flv]);

  t.test('finds pictures and sound', async (t) => {
    t.equal(whole.filter(({ media }) => media.type === 'frame' && media.frame.kind === 'video').length, 5);
    t.ok(whole.filter(({ media }) => media.type === 'frame' && media.frame.kind === 'audio').length > 20);
  });

  t.test('gives the same tags however the bytes are cut', async (t) => {
    const differing = Array.from(flv.keys()).filter((at) => at < 4_000 && JSON.stringify(read([flv.subarray(0, at), flv.subarray(at)])) !== JSON.stringify(expected));
    t.same(differing, [], 'two pieces, cut at every place');
    t.strictSame(read(Array.from(flv, (byte) => Buffer.from([byte]))), expected, 'byte by byte');
  });

  t.test('keeps no hold of the bytes that it was given', async (t) => {
    const copy = Buffer.from(flv);
    const bodies: Buffer[] = [];
    new FlvReader({ maxTagBytes: 1 << 20, onTag: (tag) => bodies.push(tag.body) }).write(copy);
    copy.fill(0);
    t.ok(bodies.every((body, i) => body.toString('base64') === expected[i]?.body));
  });

  t.test('refuses what is not FLV, and tags that are too large', async (t) => {
    t.throws(() => read([Buffer.from('GIF89a-------------')]), MediaInvalid);
    const reader = new FlvReader({ maxTagBytes: 10, onTag: () => t.fail('no tag may come through') });
    reader.write(flvFileHeader());
    t.throws(() => reader.write(flvTag(FLV_VIDEO, 0, Buffer.alloc(11))), { message: 'FLV tag has 11 bytes; at most 10 are taken' });
  });
});
