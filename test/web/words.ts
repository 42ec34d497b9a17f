import t from 'tap';
import { bitrate, count, fileSize, frameRate, pictureName, seconds } from '../../src/web/words/figures.js';
import { ago, clock, placeInWords, roughly, secondsSince } from '../../src/web/words/time.js';

t.test('times', async (t) => {
  t.same([0, 7.9, 65, 725, 3600, 3725, 90_061].map(clock), ['0:00', '0:07', '1:05', '12:05', '1:00:00', '1:02:05', '25:01:01']);
  t.same([59, 60, 3599, 3600, 3900, 86_400, 200_000].map(roughly), ['just now', '1 min', '59 min', '1 h', '1 h 5 min', '1 day', '2 days']);
  const nowMs = Date.parse('2026-03-01T12:00:00Z');
  t.equal(ago('2026-03-01T11:48:00Z', nowMs), '12 min ago');
  t.equal(ago('2026-03-01T11:59:30Z', nowMs), 'just now');
  t.equal(secondsSince('2026-03-01T12:00:05Z', nowMs), 0, 'a server clock that is ahead gives no negative time');
});

t.test('a place in an address', async (t) => {
  t.same(['90', '90s', '1m30s', '1h2m3s', '2h', '', 'abc', '-5', '1.5'].map(placeInWords), [90, 90, 90, 3723, 7200, 0, 0, 0, 0]);
  t.equal(placeInWords(null), 0);
});

t.test('figures', async (t) => {
  t.same([0, 640, 999.6, 1200, 4249, 25_400].map(bitrate), ['0 kbps', '640 kbps', '1.0 Mbps', '1.2 Mbps', '4.2 Mbps', '25 Mbps']);
  t.same([30, 29.97, 59.94, 23.976, 24.5, 60.001].map(frameRate), ['30', '29.97', '59.94', '23.98', '24.5', '60']);
  t.same([0.45, 1.92, 2, 10.004].map(seconds), ['450 ms', '1.92 s', '2 s', '10 s']);
  t.same([0, 900, 12_000, 400_000, 86_400_000, 999_000_000, 4_230_000_000].map(fileSize), ['0 kB', '1 kB', '12 kB', '0.4 MB', '86 MB', '999 MB', '4.2 GB']);
  t.same([count(0, 'viewer'), count(1, 'viewer'), count(1204, 'viewer')], ['0 viewers', '1 viewer', '1,204 viewers']);
  t.same([pictureName(1920, 1080, 30), pictureName(1920, 1080, 59.94), pictureName(720, 1280)], ['1080p', '1080p60', '720p']);
});
