import t from 'tap';
import { SenderClock } from '../../../src/webrtc/receive/sender-clock.js';

const clock = () => new SenderClock({ video: 90_000, audio: 48_000 });
const NTP_MS = 1_763_740_000_000;

t.test('timestamps become milliseconds that go on over the wrap', async (t) => {
  const sender = clock();
  const first = 2 ** 32 - 4_500;
  t.equal(sender.timeMs('video', first, 0), 0);
  t.equal(sender.timeMs('video', (first + 9_000) % 2 ** 32, 500), 100);
  t.equal(sender.timeMs('video', (first + 6_000) % 2 ** 32, 510), 67, 'one from before is before');
});

t.test('sound of 20 ms stays at steps of 20 ms', async (t) => {
  const sender = clock();
  const times = Array.from({ length: 50 }, (_value, i) => sender.timeMs('audio', 1_000 + i * 960, 7.4 + i * 23));
  t.same([...new Set(times.slice(1).map((time, i) => time - (times[i] ?? 0)))], [20]);
});

t.test('sound that arrived late is laid beside its pictures once both have reports', async (t) => {
  const sender = clock();
  t.equal(sender.timeMs('video', 0, 0), 0);
  t.equal(sender.timeMs('audio', 0, 150), 150, 'as it arrived');
  sender.report('video', { ntpMs: NTP_MS, timestamp: 0 });
  t.equal(sender.timeMs('audio', 960, 170), 170, 'one report alone says nothing');
  sender.report('audio', { ntpMs: NTP_MS + 30, timestamp: 0 });
  t.equal(sender.timeMs('audio', 1_920, 190), 70, 'taken 30 ms after the first picture');
  t.equal(sender.timeMs('video', 3_000, 200), 33, 'pictures stay where they are');
});

t.test('small differences and absurd reports change nothing', async (t) => {
  const sender = clock();
  sender.report('audio', { ntpMs: NTP_MS, timestamp: 0 });
  sender.timeMs('video', 0, 0);
  sender.timeMs('audio', 0, 10);
  sender.report('video', { ntpMs: NTP_MS, timestamp: 0 });
  sender.report('audio', { ntpMs: NTP_MS, timestamp: 0 });
  t.equal(sender.timeMs('audio', 960, 30), 30, 'ten milliseconds are not seen');
  sender.report('audio', { ntpMs: NTP_MS - 60_000, timestamp: 960 });
  t.equal(sender.timeMs('audio', 1_920, 50), 50, 'a minute is an error');
});
