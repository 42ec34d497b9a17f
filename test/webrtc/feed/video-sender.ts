import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { Frame } from '../../../src/streams/index.js';
import { LAYERS, VIDEO_SSRCS, VideoSender } from '../../../src/webrtc/feed/video-sender.js';
import { until } from '../../support/until.js';

const EPOCH_MS = Date.UTC(2026, 0, 1);
const STEP_MS = 33;

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
      sizeBytes: packet.length - 12,
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
  t.equal(layer, LAYERS.firstReplay);
  t.equal(sender.bookReplay(() => ({ frames: [], parameterSets: [] })), layer, 'who asks at the same time gets the same');
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
  sender.sendMain({ ...frame(0, 100), dtsMs: 41 * STEP_MS, ptsMs: 41 * STEP_MS }, []);
  const count = on(LAYERS.firstReplay).length;
  sender.sendMain(frame(42, 100), []);
  t.equal(on(LAYERS.firstReplay).length, count, 'until the next key frame, which is on the main layer');
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

t.test('only so many replays at once, and none of nothing', async (t) => {
  const { sender, on } = openSender();
  t.teardown(() => sender.close());
  const frames = [frame(0, 1_000_000)];
  const layers: (number | undefined)[] = [];
  for (let i = 0; i < 4; i++) {
    layers.push(sender.bookReplay(() => ({ frames, parameterSets: [] })));
    await until('it has begun', () => (layers.at(-1) === undefined || on(layers.at(-1) ?? -1).length > 0) || undefined);
  }
  t.same(layers, [1, 2, 3, undefined]);
  const other = openSender();
  t.teardown(() => other.sender.close());
  const layer = other.sender.bookReplay(() => ({ frames: [], parameterSets: [] }));
  await delay(50);
  t.same(other.on(layer ?? -1), []);
  t.equal(other.sender.bookReplay(() => ({ frames: [], parameterSets: [] })), layer, 'the layer is free again');
});
