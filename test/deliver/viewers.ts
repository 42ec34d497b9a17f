import t from 'tap';
import { Viewers } from '../../src/deliver/index.js';

const player = (ip: string, agent = 'player') => ({ ip, get: () => agent });

function counted(options: { max?: number; maxPerAddress?: number } = {}) {
  let nowMs = 1_000_000;
  const viewers = new Viewers({ now: () => nowMs, ...options });
  return { viewers, wait: (ms: number) => { nowMs += ms; } };
}

t.test('a player counts once, by address and program, for as long as it asks', async (t) => {
  const { viewers, wait } = counted();
  viewers.seen('b1', player('192.0.2.1'));
  viewers.seen('b1', player('192.0.2.1'));
  t.equal(viewers.count('b1'), 1);
  viewers.seen('b1', player('192.0.2.1', 'television'));
  viewers.seen('b1', player('192.0.2.2'));
  t.equal(viewers.count('b1'), 3);
  t.equal(viewers.count('b2'), 0);
  wait(6_000);
  viewers.seen('b1', player('192.0.2.2'));
  wait(2_001);
  t.equal(viewers.count('b1'), 1, 'who was silent for eight seconds has left');
  wait(8_001);
  t.equal(viewers.count('b1'), 0);
});

t.test('a playlist that changes every ten seconds is asked for every ten seconds', async (t) => {
  const { viewers, wait } = counted();
  viewers.seen('b1', player('192.0.2.1'), { targetDurationSec: 10 });
  viewers.seen('b1', player('192.0.2.1')); // a multivariant playlist, which does not say
  wait(40_000);
  t.equal(viewers.count('b1'), 1);
  wait(1_000);
  t.equal(viewers.count('b1'), 0);
});

t.test('a broadcast that ended is forgotten', async (t) => {
  const { viewers } = counted();
  viewers.seen('b1', player('192.0.2.1'));
  viewers.forget('b1');
  t.equal(viewers.count('b1'), 0);
});

t.test('there is a bound, and who left makes room', async (t) => {
  const { viewers, wait } = counted({ max: 2 });
  for (const ip of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) viewers.seen('b1', player(ip));
  t.equal(viewers.count('b1'), 2);
  wait(8_001);
  for (const ip of ['192.0.2.4', '192.0.2.5']) viewers.seen('b1', player(ip));
  wait(1);
  t.equal(viewers.count('b1'), 2);
});

t.test('an address counts for as many as may be behind it, whatever its programs are called', async (t) => {
  const { viewers, wait } = counted({ maxPerAddress: 3 });
  const name = (n: number) => `player ${n}`;
  for (let n = 0; n < 10; n++) viewers.seen('b1', player('192.0.2.1', name(n)));
  t.equal(viewers.count('b1'), 3);
  viewers.seen('b1', player('::ffff:192.0.2.1', 'mapped'));
  t.equal(viewers.count('b1'), 3, 'the same address, written as IPv6');
  for (let n = 0; n < 10; n++) viewers.seen('b1', player(`2001:db8::${n}`, name(n)));
  t.equal(viewers.count('b1'), 6, 'one subscriber owns all addresses of a /64');
  viewers.seen('b2', player('192.0.2.1', name(99)));
  t.equal(viewers.count('b2'), 1, 'of each broadcast');
  wait(8_001);
  for (let n = 20; n < 30; n++) viewers.seen('b1', player('192.0.2.1', name(n)));
  t.equal(viewers.count('b1'), 3, 'who left makes room');
});
