import t from 'tap';
import { PacketOrder } from '../../../src/webrtc/receive/packet-order.js';

/** Pushes packets 10 ms apart; those that come out, with `!` after a loss. */
function passed(sequences: number[], options: { order?: PacketOrder<{ sequence: number }>; startMs?: number } = {}): string {
  const order = options.order ?? new PacketOrder({ maxWaitMs: 400 });
  return sequences.flatMap((sequence, i) => order.push({ sequence }, (options.startMs ?? 0) + i * 10))
    .map(({ packet, isAfterLoss }) => `${isAfterLoss ? '!' : ''}${packet.sequence}`).join(' ');
}

t.test('packets come out in order, whatever way they took, and over the wrap', async (t) => {
  t.equal(passed([65_533, 65_535, 65_534, 1, 0, 2]), '65533 65534 65535 0 1 2');
  t.equal(passed([5, 6, 6, 5, 7]), '5 6 7', 'each once');
});

t.test('a hole is waited for, and given up after a while', async (t) => {
  const order = new PacketOrder<{ sequence: number }>({ maxWaitMs: 400 });
  t.equal(passed([1, 3, 4], { order }), '1');
  t.equal(passed([5], { order, startMs: 390 }), '', 'the lost one may still come');
  t.equal(passed([6], { order, startMs: 500 }), '!3 4 5 6');
  t.equal(passed([2, 7], { order, startMs: 510 }), '7', 'too late');
});

t.test('two holes are two losses', async (t) => {
  const order = new PacketOrder<{ sequence: number }>({ maxWaitMs: 400 });
  passed([1, 3, 5], { order });
  t.equal(passed([6], { order, startMs: 1_000 }), '!3 !5 6');
});

t.test('a sender that counts anew is followed', async (t) => {
  const order = new PacketOrder<{ sequence: number }>({ maxWaitMs: 400 });
  passed([40_000, 40_001], { order });
  const anew = Array.from({ length: 70 }, (_value, i) => 30_000 + i);
  t.match(passed(anew, { order }), /^!30063 30064 .* 30069$/);
});
