import t from 'tap';
import { EncodeSupervision } from '../../../src/transcode/encode/encode-supervision.js';

/** Samples every half second for so long; media times as functions of the seconds since the start. */
function watch(seconds: number, fedSec: (atSec: number) => number, doneSec: (atSec: number) => number): EncodeSupervision {
  const supervision = new EncodeSupervision();
  for (let atSec = 0; atSec <= seconds; atSec += 0.5) supervision.add({ wallMs: 1000 + atSec * 1000, fedMs: 10_000 + fedSec(atSec) * 1000, doneMs: 10_000 + doneSec(atSec) * 1000 });
  return supervision;
}

const real = (atSec: number): number => atSec;

t.test('an encode that keeps up', async (t) => {
  t.equal(watch(20, real, (atSec) => atSec - 0.2).verdict(), 'ok');
  t.equal(watch(20, real, (atSec) => atSec - 3).verdict(), 'ok', 'a constant lag is made up for by nobody, and hurts nobody');
  t.equal(watch(10, real, (atSec) => Math.min(atSec, Math.max(0, atSec * 1.5 - 2))).verdict(), 'ok', 'a slow start that is caught up');
});

t.test('an encode below real time', async (t) => {
  const slow = watch(12, real, (atSec) => atSec * 0.8);
  t.equal(slow.verdict(), 'slow');
  t.equal(Math.round(slow.speed * 100), 80);
  t.equal(Math.round(slow.lagMs), 2400);
  t.equal(watch(4.5, real, (atSec) => atSec * 0.5).verdict(), 'ok', 'not before five seconds');
  t.equal(watch(12, real, (atSec) => atSec * 0.97).verdict(), 'ok', 'not before it shows');
  t.equal(watch(60, real, (atSec) => atSec * 0.97).verdict(), 'slow');
});

t.test('an encode that hangs', async (t) => {
  t.equal(watch(10, real, () => 0).verdict(), 'hung');
  t.equal(watch(20, real, (atSec) => Math.min(atSec, 12)).verdict(), 'hung');
  t.equal(watch(14, real, (atSec) => Math.min(atSec, 12)).verdict(), 'ok', 'two seconds of nothing are not yet a hang, and no slowness that a rung less would mend');
});

t.test('a source that stops is no fault of the encoder', async (t) => {
  t.equal(watch(20, (atSec) => Math.min(atSec, 5), (atSec) => Math.min(atSec, 4.8)).verdict(), 'ok');
});

t.test('before the first sample', async (t) => {
  const supervision = new EncodeSupervision();
  t.match({ verdict: supervision.verdict(), speed: supervision.speed, lagMs: supervision.lagMs }, { verdict: 'ok', speed: 0, lagMs: 0 });
});
