import t from 'tap';
import { Viewers } from '../../src/deliver/index.js';

const player = (ip: string, agent = 'player') => ({ ip, get: () => agent });

function counted() {
  let nowMs = 1_000_000;
  const viewers = new Viewers({ now: () => nowMs });
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

t.test('a broadcast that ended is forgotten, whoever asks on', async (t) => {
  const { viewers, wait } = counted();
  viewers.seen('b1', player('192.0.2.1'));
  viewers.forget('b1');
  t.equal(viewers.count('b1'), 0);
  viewers.seen('b1', player('192.0.2.1'));
  wait(8_001);
  viewers.seen('b2', player('192.0.2.1'));
  t.equal(viewers.broadcasts, 1, 'a player that saw the end late leaves nothing behind');
});
