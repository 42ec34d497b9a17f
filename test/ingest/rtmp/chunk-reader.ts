import { test } from 'tap';
import { ChunkReader } from '../../../src/ingest/rtmp/chunk-reader.js';

interface Seen {
  type: number;
  timestampMs: number;
  payload: string;
  streamId: number;
}

function readerOf(options: Partial<ConstructorParameters<typeof ChunkReader>[0]> = {}): { reader: ChunkReader; seen: Seen[] } {
  const seen: Seen[] = [];
  const reader = new ChunkReader({
    maxChunkStreams: 8,
    maxChunkSizeBytes: 65_536,
    maxCommandBytes: 65_536,
    maxMediaBytes: 65_536,
    onMessage: (type, timestampMs, payload, streamId) => seen.push({ type, timestampMs, payload: payload.toString('latin1'), streamId }),
    ...options,
  });
  return { reader, seen };
}

function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ''), 'hex');
}

/** Reads the same bytes in one piece, byte by byte, and in every cut of two; all must agree. */
function readAllWays(bytes: Buffer): Seen[] {
  const whole = readerOf();
  whole.reader.write(bytes);
  const cuts = Array.from({ length: bytes.length }, (_, at) => [bytes.subarray(0, at), bytes.subarray(at)]);
  const pieces = [Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)), ...cuts];
  for (const parts of pieces) {
    const cut = readerOf();
    for (const part of parts) cut.reader.write(part);
    if (JSON.stringify(cut.seen) !== JSON.stringify(whole.seen)) throw new Error(`cut into ${parts.length} reads differently`);
  }
  return whole.seen;
}

const A300 = Buffer.alloc(300, 'a');
const SET_CHUNK_4096 = '02 000000 000004 01 00000000 00001000';

test('a message in one chunk, with each form of the basic header', async (t) => {
  const body = '000010 000003 09 01000000 616263';
  const expected = [{ type: 9, timestampMs: 16, payload: 'abc', streamId: 1 }];
  t.same(readAllWays(hex(`04 ${body}`)), expected);
  t.same(readAllWays(hex(`00 00 ${body}`)), expected, 'chunk stream 64');
  t.same(readAllWays(hex(`00 ff ${body}`)), expected, 'chunk stream 319');
  t.same(readAllWays(hex(`01 ff ff ${body}`)), expected, 'chunk stream 65599');
  t.same(readAllWays(hex(`00 05 ${body} c1 05 00 646566`)).map((message) => message.payload), ['abc', 'def'], '2-byte and 3-byte forms name the same stream');
});

test('chunk streams of different 3-byte ids are different', async (t) => {
  const { reader, seen } = readerOf();
  reader.write(hex('01 01 01 000000 000004 09 01000000'));
  t.throws(() => reader.write(hex('6162 6364 c1 02 00')), { code: 'rtmp_invalid', message: 'chunk stream 66 starts with a chunk of type 3' });
  t.same(seen.map((message) => message.payload), ['abcd']);
});

test('a long message is cut into chunks of 128 bytes until the size is changed', async (t) => {
  const header = hex('04 000000 00012c 08 01000000');
  const bytes = Buffer.concat([header, A300.subarray(0, 128), hex('c4'), A300.subarray(128, 256), hex('c4'), A300.subarray(256)]);
  t.same(readAllWays(bytes), [{ type: 8, timestampMs: 0, payload: A300.toString(), streamId: 1 }]);
  const larger = Buffer.concat([hex(SET_CHUNK_4096), header, A300]);
  t.same(readAllWays(larger).map((message) => message.payload.length), [300]);
});

test('the chunk size may change inside a message', async (t) => {
  const header = hex('04 000000 00012c 08 01000000');
  const bytes = Buffer.concat([header, A300.subarray(0, 128), hex(SET_CHUNK_4096), hex('c4'), A300.subarray(128)]);
  t.same(readAllWays(bytes).map((message) => message.payload), [A300.toString()]);
  const shrink = Buffer.concat([header, A300.subarray(0, 128), hex('02 000000 000004 01 00000000 00000064'), hex('c4'), A300.subarray(128, 228), hex('c4'), A300.subarray(228)]);
  t.same(readAllWays(shrink).map((message) => message.payload), [A300.toString()]);
});

test('audio and video are interleaved chunk by chunk', async (t) => {
  const bytes = Buffer.concat([
    hex('06 000000 00012c 09 01000000'), A300.subarray(0, 128),
    hex('04 000005 000002 08 01000000 7879'),
    hex('c6'), A300.subarray(128, 256),
    hex('44 000003 000001 08 7a'),
    hex('c6'), A300.subarray(256),
  ]);
  t.same(readAllWays(bytes), [
    { type: 8, timestampMs: 5, payload: 'xy', streamId: 1 },
    { type: 8, timestampMs: 8, payload: 'z', streamId: 1 },
    { type: 9, timestampMs: 0, payload: A300.toString(), streamId: 1 },
  ]);
});

test('header types 1, 2 and 3 repeat what they leave out', async (t) => {
  const bytes = hex('04 000064 000002 08 01000000 6161  44 000014 000003 09 626262  84 000005 636363  c4 646464');
  t.same(readAllWays(bytes), [
    { type: 8, timestampMs: 100, payload: 'aa', streamId: 1 },
    { type: 9, timestampMs: 120, payload: 'bbb', streamId: 1 },
    { type: 9, timestampMs: 125, payload: 'ccc', streamId: 1 },
    { type: 9, timestampMs: 130, payload: 'ddd', streamId: 1 },
  ]);
});

test('a stream may start with type 1, as librtmp does; types 2 and 3 have no length', async (t) => {
  t.same(readAllWays(hex('44 00000a 000001 08 61')), [{ type: 8, timestampMs: 10, payload: 'a', streamId: 0 }]);
  for (const start of ['84 000000', 'c4']) t.throws(() => readerOf().reader.write(hex(start)), { code: 'rtmp_invalid' });
});

test('empty messages', async (t) => {
  t.same(readAllWays(hex('04 000001 000000 08 01000000 c4 04 000002 000001 08 01000000 61')), [
    { type: 8, timestampMs: 1, payload: '', streamId: 1 },
    { type: 8, timestampMs: 2, payload: '', streamId: 1 },
    { type: 8, timestampMs: 2, payload: 'a', streamId: 1 },
  ]);
});

test('extended timestamps, repeated in type 3 chunks and left out there', async (t) => {
  const header = hex('04 ffffff 00012c 08 01000000 01000000');
  const expected = [{ type: 8, timestampMs: 0x01000000, payload: A300.toString(), streamId: 1 }];
  const repeated = Buffer.concat([header, A300.subarray(0, 128), hex('c4 01000000'), A300.subarray(128, 256), hex('c4 01000000'), A300.subarray(256)]);
  t.same(readAllWays(repeated), expected);
  const leftOut = Buffer.concat([header, A300.subarray(0, 128), hex('c4'), A300.subarray(128, 256), hex('c4'), A300.subarray(256)]);
  t.same(readAllWays(leftOut), expected);
});

test('without the repeated field, even a last chunk shorter than it is read', async (t) => {
  const payload = Buffer.concat([Buffer.alloc(128, 'a'), hex('0100')]); // starts like the timestamp
  const bytes = Buffer.concat([hex('04 ffffff 000082 08 01000000 01000000'), payload.subarray(0, 128), hex('c4'), payload.subarray(128), hex('06 000000 000001 09 01000000 62')]);
  t.same(readAllWays(bytes), [
    { type: 8, timestampMs: 0x01000000, payload: payload.toString('latin1'), streamId: 1 },
    { type: 9, timestampMs: 0, payload: 'b', streamId: 1 },
  ]);
});

test('an extended delta, repeated as the delta or as the time', async (t) => {
  const start = hex('04 000010 000001 08 01000000 61  44 ffffff 00012c 08 01000000');
  for (const repeated of ['01000000', '01000010']) {
    const bytes = Buffer.concat([start, A300.subarray(0, 128), hex(`c4 ${repeated}`), A300.subarray(128, 256), hex(`c4 ${repeated}`), A300.subarray(256)]);
    t.same(readAllWays(bytes)[1], { type: 8, timestampMs: 0x01000010, payload: A300.toString(), streamId: 1 });
  }
});

test('a type 3 chunk that starts a message repeats the extended delta', async (t) => {
  const bytes = hex('04 000000 000001 08 01000000 61  84 ffffff 01000000 62  c4 01000000 63');
  t.same(readAllWays(bytes).map((message) => message.timestampMs), [0, 0x01000000, 0x02000000]);
});

test('time goes on past 32 bits, and commands at time 0 do not disturb it', async (t) => {
  const bytes = hex(`
    04 ffffff 000001 09 01000000 7ffffff0 61
    04 ffffff 000001 09 01000000 fffffff0 62
    03 000000 000001 12 01000000 6d
    04 000010 000001 09 01000000 63
    84 000005 64
    04 00000a 000001 09 01000000 65`);
  const video = readAllWays(bytes).filter((message) => message.type === 9);
  t.same(video.map((message) => message.timestampMs), [0x7ffffff0, 0xfffffff0, 2 ** 32 + 16, 2 ** 32 + 21, 2 ** 32 + 10]);
});

test('a delta may cross 32 bits too', async (t) => {
  const bytes = hex('04 ffffff 000001 09 01000000 7fffffff 61  84 ffffff 7ffffff0 62  84 000021 63');
  t.same(readAllWays(bytes).map((message) => message.timestampMs), [0x7fffffff, 0xffffffef, 2 ** 32 + 16]);
});

test('Abort drops the unfinished message of its chunk stream', async (t) => {
  const bytes = Buffer.concat([
    hex('04 000000 00012c 08 01000000'), A300.subarray(0, 128),
    hex('02 000000 000004 02 00000000 00000004'),
    hex('04 000007 000001 08 01000000 62'),
  ]);
  t.same(readAllWays(bytes), [{ type: 8, timestampMs: 7, payload: 'b', streamId: 1 }]);
});

test('payloads are memory of their own', async (t) => {
  const payloads: Buffer[] = [];
  const { reader } = readerOf({ onMessage: (_type, _timestampMs, payload) => payloads.push(payload) });
  const bytes = hex('04 000000 000003 09 01000000 616263  c4 646566');
  reader.write(bytes);
  bytes.fill(0);
  t.same(payloads.map(String), ['abc', 'def']);
  t.equal(payloads[0]?.buffer.byteLength, 3, 'no larger block is kept alive by a frame');
});

test('sound that is kept does not keep the pictures that came with it', async (t) => {
  const sound: Buffer[] = [];
  const { reader } = readerOf({ onMessage: (type, _timestampMs, payload) => void (type === 8 && sound.push(payload)) });
  reader.allowMediaBytes(65_536);
  reader.write(hex('02 000000 000004 01 00000000 00010000'));
  const [picture, beep] = [Buffer.concat([hex('04 000000 004e20 09 01000000'), Buffer.alloc(20_000)]), Buffer.concat([hex('05 000000 000190 08 01000000'), Buffer.alloc(400)])];
  for (let i = 0; i < 500; i++) reader.write(Buffer.concat([picture, beep]));
  t.equal(sound.length, 500);
  const keptBytes = [...new Set(sound.map(({ buffer }) => buffer))].reduce((sum, buffer) => sum + buffer.byteLength, 0);
  t.ok(keptBytes <= 500 * 400 + 262_144, `${keptBytes} bytes for 200,000 of sound`);
});

test('pause stops behind a message and says how much was taken', async (t) => {
  const { reader, seen } = readerOf({
    onMessage: (type, timestampMs, payload, streamId) => {
      seen.push({ type, timestampMs, payload: payload.toString(), streamId });
      reader.pause();
    },
  });
  const bytes = hex('04 000000 000001 14 00000000 61  c4 62');
  t.equal(reader.write(bytes), 13);
  t.equal(reader.write(bytes.subarray(13)), 0, 'nothing is taken before resume');
  reader.resume();
  t.equal(reader.write(bytes.subarray(13)), 2);
  t.same(seen.map((message) => message.payload), ['a', 'b']);
});

test('what is out of bounds is refused when its header is read', async (t) => {
  const refusals: [string, string][] = [
    ['04 000000 010001 09 01000000', 'message of type 9 has 65537 bytes; at most 65536 are taken'],
    ['04 000000 ffffff 14 00000000', 'message of type 20 has 16777215 bytes; at most 65536 are taken'],
    ['02 000000 000004 01 00000000 00000000', 'chunk size is 0; 1 to 65536 are taken'],
    ['02 000000 000004 01 00000000 80000000', 'chunk size is 2147483648; 1 to 65536 are taken'],
    ['02 000000 000003 01 00000000 000000', 'Set Chunk Size has no value'],
    ['02 000000 000002 02 00000000 0000', 'Abort names no chunk stream'],
  ];
  for (const [bytes, message] of refusals) t.throws(() => readerOf().reader.write(hex(bytes)), { code: 'rtmp_invalid', message });
});

test('a new header inside a message is refused', async (t) => {
  const { reader } = readerOf();
  reader.write(Buffer.concat([hex('04 000000 00012c 08 01000000'), A300.subarray(0, 128)]));
  t.throws(() => reader.write(hex('04 000000 000001 08 01000000')), { message: 'chunk of type 0 inside a message; type 3 expected' });
});

test('chunk streams and unfinished bytes in all are bounded', async (t) => {
  const many = readerOf();
  for (let id = 3; id < 11; id++) many.reader.write(Buffer.concat([Buffer.from([id]), hex('000000 000001 08 01000000 61')]));
  t.throws(() => many.reader.write(hex('0b 000000 000001 08 01000000 61')), { message: 'more than 8 chunk streams' });
  const large = readerOf();
  const start = (id: number): Buffer => Buffer.concat([Buffer.from([id]), hex('000000 010000 09 01000000'), Buffer.alloc(128)]);
  large.reader.write(start(3));
  large.reader.write(start(4));
  t.throws(() => large.reader.write(start(5)), { message: 'unfinished messages have more than 131072 bytes' });
});

test('a larger bound for media leaves commands as they are', async (t) => {
  const { reader } = readerOf();
  reader.allowMediaBytes(100_000);
  t.doesNotThrow(() => reader.write(hex('04 000000 0186a0 09 01000000')));
  t.throws(() => readerOf().reader.write(hex('04 000000 0186a0 14 01000000')), { code: 'rtmp_invalid' });
});
