import { test } from 'tap';
import { MediaMemory } from '../../src/streams/index.js';

test('bodies never overlap, whatever their sizes', async (t) => {
  const memory = new MediaMemory();
  const sizes = Array.from({ length: 2_000 }, (_, i) => (i * 7_919) % 70_000);
  const bodies = sizes.map((sizeBytes, i) => memory.take(sizeBytes).fill(i % 251));
  t.same(bodies.map((body) => body.length), sizes);
  t.ok(bodies.every((body, i) => body.every((byte) => byte === i % 251)));
});

test('small bodies share memory, large ones do not keep that of others', async (t) => {
  const memory = new MediaMemory();
  const [small, next, large, last] = [memory.take(300), memory.take(20_000), memory.take(100_000), memory.take(300)];
  t.equal(new Set([small.buffer, next.buffer, last.buffer]).size, 1);
  t.equal(large.buffer.byteLength, 100_000);
});
