import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { Frame } from '../../../src/streams/index.js';
import { LAYERS, VIDEO_SSRCS, VideoSender } from '../../../src/webrtc/feed/video-sender.js';
import { until } from '../../support/until.js';

const EPOCH_MS = Date.UTC(2026, 0, 1);
const STEP_MS = 33;
/** With the extension that lets players show a picture at once. */
const HEADER_BYTES = 20;

interface Sent {
  layer: number;
  sequence: number;
  timestamp: number;
  marker: boolean;
  sizeBytes: number;
}

/** One picture of a single slice. */
function frame(index: number, sizeBytes: number): Frame {
  const payload = Buffer.alloc(4 + sizeBytes, 1);
  payload.writeUInt32BE(sizeBytes);
  payload.writeUInt8(index === 0 ? 0x65 : 0x61, 4);
  return { kind: 'video', dtsMs: index * STEP_MS, ptsMs: index * STEP_MS, isKey: index === 0, payload };
}

function openSender() {
  const sent: Sent[] = [];
  const sender = new VideoSender({
    epochMs: EPOCH_MS,
    sendRtp: (packet) => sent.push({
      layer: VIDEO_SSRCS.indexOf(packet.readUInt32BE(8)),
      sequence: packet.readUInt16BE(2),
      timestamp: packet.readUInt32BE(4),
      marker: (packet.readUInt8(1) & 0x80) !== 0,
      sizeBytes: packet.length - HEADER_BYTES,
    }),
  });
  return { sender, sent, on: (layer: number) => sent.filter((one) => one.layer === layer) };
}

t.test('who joins between key frames gets the pictures since the last one, as if they came now', async (t) => {
  const { sender, on } = openSender();
  t.teardown(() => sender.close());
  const frames = Array.from({ length: 40 }, (_value, i) => frame(i, 6_000));
  for (const one of frames) sender.sendMain(one, []);
  const bookedMs = performance.now();
  const layer = sender.bookReplay(() => ({ frames, parameterSets: [] }));
  t.equal(layer?.layer, LAYERS.firstReplay);
  t.equal(sender.bookReplay(() => ({ frames: [], parameterSets: [] }))?.layer, layer?.layer, 'who asks at the same time gets the same');
  await until('the replay is out', () => (on(LAYERS.firstReplay).filter(({ marker }) => marker).length >= frames.length) || undefined);
  const replayed = on(LAYERS.firstReplay);
  const lastMain = on(LAYERS.main).at(-1)?.timestamp ?? 0;
  t.ok(replayed.every(({ timestamp }) => timestamp >= lastMain), 'after the last picture that is out');
  const elapsedMs = performance.now() - bookedMs;
  const spanMs = ((replayed.at(-1)?.timestamp ?? 0) - (replayed[0]?.timestamp ?? 0)) / 90;
  t.ok(spanMs > 20 && spanMs <= elapsedMs, `a steady clock: ${spanMs} ms of ${elapsedMs}`);
  t.ok(replayed.every(({ timestamp }, i) => timestamp >= (replayed[i - 1]?.timestamp ?? 0)), 'in order');
  t.ok(replayed.every(({ sequence }, i) => i === 0 || sequence === ((replayed[i - 1]?.sequence ?? 0) + 1) % 65_536), 'without gaps');

  sender.sendMain(frame(60, 100), []);
  t.equal(on(LAYERS.firstReplay).at(-1)?.timestamp, on(LAYERS.main).at(-1)?.timestamp, 'and goes on with the live pictures');
  const key = (index: number) => ({ ...frame(0, 100), dtsMs: index * STEP_MS, ptsMs: index * STEP_MS });
  sender.sendMain(key(61), []);
  sender.sendMain(frame(62, 100), []);
  t.equal(on(LAYERS.firstReplay).at(-1)?.timestamp, on(LAYERS.main).at(-1)?.timestamp, 'past the next key frame, at which viewers go over');
  sender.sendMain(key(63), []);
  const count = on(LAYERS.firstReplay).length;
  sender.sendMain(frame(64, 100), []);
  t.equal(on(LAYERS.firstReplay).length, count, 'and no longer than to the one after it');
});

t.test('a replay ends when all who came to it have gone over', async (t) => {
  const { sender, on } = openSender();
  t.teardown(() => sender.close());
  const group = () => ({ frames: [frame(0, 500)], parameterSets: [] });
  const seats = [sender.bookReplay(group), sender.bookReplay(group)];
  await until('it has begun', () => (on(LAYERS.firstReplay).length > 0) || undefined);
  seats[0]?.leave();
  seats[0]?.leave();
  sender.sendMain(frame(1, 500), []);
  t.equal(on(LAYERS.firstReplay).length, 2, 'one is still there');
  seats[1]?.leave();
  sender.sendMain(frame(2, 500), []);
  t.equal(on(LAYERS.firstReplay).length, 2);
});

t.test('a long group is paced, and pictures that come meanwhile wait for their turn', async (t) => {
  const { sender, on } = openSender();
  t.teardown(() => sender.close());
  const frames = Array.from({ length: 60 }, (_value, i) => frame(i, 20_000));
  sender.bookReplay(() => ({ frames, parameterSets: [] }));
  await until('it has begun', () => (on(LAYERS.firstReplay).length > 0) || undefined);
  const begun = on(LAYERS.firstReplay).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  t.ok(begun < 200_000, `${begun} bytes at once`);
  sender.sendMain(frame(60, 500), []);
  await until('the live picture follows', () => (on(LAYERS.firstReplay).at(-1)?.sizeBytes === 500) || undefined);
  const times = on(LAYERS.firstReplay).map(({ timestamp }) => timestamp);
  t.same(times, times.toSorted((a, b) => a - b));
});

t.test('only so many replays at once, of which some are for who has no picture yet', async (t) => {
  const { sender, on } = openSender();
  t.teardown(() => sender.close());
  const book = async (options: { isSpare: boolean }): Promise<number | undefined> => {
    const layer = sender.bookReplay(() => ({ frames: [frame(0, 100_000)], parameterSets: [] }), options)?.layer;
    if (layer !== undefined) await until('it has begun', () => (on(layer).length > 0) || undefined);
    return layer;
  };
  const spare = [];
  for (let i = 0; i < 5; i++) spare.push(await book({ isSpare: true }));
  t.same(spare, [1, 2, 3, 4, undefined]);
  const joins = [];
  for (let i = 0; i < 5; i++) joins.push(await book({ isSpare: false }));
  t.same(joins, [5, 6, 7, 8, undefined]);
});

t.test('a replay of nothing frees its layer', async (t) => {
  const { sender, sent } = openSender();
  t.teardown(() => sender.close());
  const layers = new Set<number | undefined>();
  for (let i = 0; i < 12; i++) {
    layers.add(sender.bookReplay(() => ({ frames: [], parameterSets: [] }))?.layer);
    await delay(20);
  }
  t.same([...layers], [LAYERS.firstReplay]);
  t.same(sent, []);
});

t.test('pictures of the lower rung, which are late, have the timestamps of the moment', async (t) => {
  const { sender, on } = openSender();
  t.teardown(() => sender.close());
  sender.sendMain(frame(0, 100), []);
  sender.sendMain(frame(3, 100), []);
  sender.sendLow(frame(1, 100), []);
  sender.sendLow(frame(2, 100), []);
  const [first, second] = on(LAYERS.low);
  t.ok((first?.timestamp ?? 0) >= (on(LAYERS.main).at(-1)?.timestamp ?? Infinity), 'not before what the main layer has shown');
  t.ok((second?.timestamp ?? 0) > (first?.timestamp ?? 0));
});
