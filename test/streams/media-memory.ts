import { test } from 'tap';
import { FLV_AUDIO, FLV_VIDEO, MediaMemory } from '../../src/streams/index.js';

test('bodies never overlap, whatever their sizes', async (t) => {
  const memory = new MediaMemory();
  const sizes = Array.from({ length: 2_000 }, (_, i) => (i * 7_919) % 70_000);
  const bodies = sizes.map((sizeBytes, i) => memory.take(i % 3 === 0 ? FLV_AUDIO : FLV_VIDEO, sizeBytes).fill(i % 251));
  t.same(bodies.map((body) => body.length), sizes);
  t.ok(bodies.every((body, i) => body.every((byte) => byte === i % 251)));
});

test('small bodies share memory, large ones do not keep that of others', async (t) => {
  const memory = new MediaMemory();
  const [small, next, large, last] = [300, 20_000, 100_000, 300].map((sizeBytes) => memory.take(FLV_VIDEO, sizeBytes));
  t.equal(new Set([small?.buffer, next?.buffer, last?.buffer]).size, 1);
  t.equal(large?.buffer.byteLength, 100_000);
});

test('sound that is kept does not keep the pictures that came with it', async (t) => {
  const memory = new MediaMemory();
  const kept = Array.from({ length: 500 }, () => {
    memory.take(FLV_VIDEO, 20_000);
    return memory.take(FLV_AUDIO, 400);
  });
  const keptBytes = [...new Set(kept.map(({ buffer }) => buffer))].reduce((sum, buffer) => sum + buffer.byteLength, 0);
  t.ok(keptBytes <= 500 * 400 + 262_144, `${keptBytes} bytes for 200,000 of sound`);
});
