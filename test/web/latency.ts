import t from 'tap';
import { playsParts, targetRange } from '../../src/web/playback/latency/mode.js';
import { latencyOptions } from '../../src/web/playback/latency/options.js';
import { nextRate } from '../../src/web/playback/latency/pace.js';
import { clockOffsetMs, samplesAfter } from '../../src/web/playback/latency/server-clock.js';
import { LatencyTarget } from '../../src/web/playback/latency/target.js';

const HOLD_BACK = { holdBackSec: 6, partHoldBackSec: 1.002 };
const MINUTE = 60_000;

t.test('where each latency plays', async (t) => {
  t.same(targetRange('ultra-low', HOLD_BACK), { floorSec: 1.002, ceilingSec: 4.002 });
  t.same(targetRange('balanced', HOLD_BACK), { floorSec: 2.2, ceilingSec: 6.2 });
  t.same(targetRange('stable', HOLD_BACK), { floorSec: 6, ceilingSec: 12 });
  t.equal(targetRange('balanced', { holdBackSec: 6, partHoldBackSec: 3 }).floorSec, 4, 'long parts leave no less');
  t.equal(targetRange('ultra-low', { holdBackSec: 6, partHoldBackSec: 0 }).floorSec, 6, 'a playlist without parts leaves no less');
  t.same(['ultra-low', 'balanced', 'stable'].map((mode) => playsParts(mode === 'stable' ? 'stable' : 'balanced')), [true, true, false]);
});

t.test('the delay menu', async (t) => {
  const latencies = { 'ultra-low': 1.002, balanced: 2.2, stable: 6 };
  t.same(latencyOptions('balanced', { latencies, isRealTimePossible: true }), [
    { choice: 'channel', label: 'Channel’s choice', note: 'Balanced' },
    { choice: 'real-time', label: 'Real time', note: 'below 1 s' },
    { choice: 'ultra-low', label: 'Ultra low', note: 'about 1 s' },
    { choice: 'balanced', label: 'Balanced', note: 'about 2.2 s' },
    { choice: 'stable', label: 'Stable', note: 'about 6 s' },
  ]);
  const notes = latencyOptions('real-time', { latencies: {}, isRealTimePossible: false }).map(({ note }) => note);
  t.same(notes, ['Real time', 'not now', '', '', ''], 'a browser that chooses the delay by itself, and has no real time');
});

/** Plays for some seconds with media that never ends, and notes each speed and where it got to. */
function play(options: { latencySec: number; targetSec: number; seconds: number; bufferSec?: number }) {
  let { latencySec } = options;
  let rate = 1;
  const rates: number[] = [];
  for (let tick = 0; tick < options.seconds * 4; tick++) {
    rate = nextRate({ latencySec, targetSec: options.targetSec, bufferSec: options.bufferSec ?? latencySec - 0.4, rate });
    latencySec -= (rate - 1) * 0.25;
    rates.push(rate);
  }
  return { latencySec, rates, steps: rates.map((now, index) => Math.abs(now - (rates[index - 1] ?? 1))) };
}

t.test('playback drifts to its target from both sides, within bounds and without a jolt', async (t) => {
  for (const latencySec of [0.5, 0.8, 1.3, 2, 4, 5.9]) {
    const drift = play({ latencySec, targetSec: 1, seconds: 120 });
    t.ok(Math.abs(drift.latencySec - 1) < 0.12, `from ${latencySec} s to ${drift.latencySec.toFixed(2)} s`);
    t.ok(Math.min(...drift.rates) >= 0.95 && Math.max(...drift.rates) <= 1.08, 'between 0.95 and 1.08');
    t.ok(Math.max(...drift.steps) <= 0.0101, 'each step is a hundredth');
    t.equal(drift.rates.at(-1), 1, 'and then it plays as it was filmed');
    const crossings = drift.rates.filter((rate, index) => (rate - 1) * ((drift.rates[index - 1] ?? rate) - 1) < 0);
    t.same(crossings, [], 'it does not swing around the target');
  }
});

t.test('with a full buffer it falls back without limping', async (t) => {
  t.equal(Math.min(...play({ latencySec: 3.5, targetSec: 6, seconds: 20 }).rates), 0.98);
  t.equal(Math.min(...play({ latencySec: 0.4, targetSec: 1, seconds: 20 }).rates), 0.95);
});

t.test('four seconds of delay are caught up within a minute', async (t) => {
  t.ok(play({ latencySec: 5, targetSec: 1, seconds: 60 }).latencySec < 1.5);
});

t.test('near the target it is left alone', async (t) => {
  for (const latencySec of [0.9, 1, 1.1]) t.same(new Set(play({ latencySec, targetSec: 1, seconds: 10 }).rates), new Set([1]), String(latencySec));
});

t.test('it does not hurry on what has not come', async (t) => {
  t.same(new Set(play({ latencySec: 3, targetSec: 1, seconds: 10, bufferSec: 0.3 }).rates), new Set([1]));
  t.equal(nextRate({ latencySec: 3, targetSec: 1, bufferSec: 0.3, rate: 1.05 }), 1.04, 'and slows down when the buffer empties');
});

t.test('far behind, speed is no help', async (t) => {
  t.equal(nextRate({ latencySec: 30, targetSec: 1, bufferSec: 20, rate: 1 }), 1, 'who paused for long plays on from there');
});

/** A target of 1 to 4 s, and calm playback with a given margin, four looks a second. */
function ultraLow() {
  let nowMs = 1_000_000;
  const target = new LatencyTarget({ floorSec: 1, ceilingSec: 4 }, nowMs);
  const calm = (ms: number, marginSec = 0.6) => {
    for (let passedMs = 0; passedMs < ms; passedMs += 250) {
      nowMs += 250;
      target.arrived(marginSec, nowMs);
      target.relax(nowMs);
    }
    return Number(target.sec.toFixed(2));
  };
  return { target, calm, stall: () => target.stalled(nowMs), forgive: () => target.forgive(nowMs), sec: () => Number(target.sec.toFixed(2)) };
}

t.test('a stall moves the target back, calm minutes bring it near again', async (t) => {
  const { calm, stall, sec } = ultraLow();
  t.equal(calm(MINUTE), 1);
  stall();
  t.equal(sec(), 1.4);
  t.equal(calm(0.9 * MINUTE), 1.4, 'not at once');
  t.equal(calm(0.3 * MINUTE), 1.2, 'then slowly');
  t.equal(calm(MINUTE), 1);
});

t.test('stalls of one bad stretch are one lesson; there is a ceiling', async (t) => {
  const { calm, stall, sec } = ultraLow();
  for (let n = 0; n < 20; n++) {
    stall();
    calm(5_000);
  }
  t.equal(sec(), 4);
  t.equal(calm(7 * MINUTE), 1);
});

t.test('who stalls again and again stays back longer', async (t) => {
  const { calm, stall, sec } = ultraLow();
  stall();
  t.equal(calm(2 * MINUTE), 1);
  stall();
  t.equal(calm(1.9 * MINUTE), 1.4);
  t.equal(calm(MINUTE), 1);
  stall();
  t.equal(calm(3.9 * MINUTE), 1.4);
  for (let n = 0; n < 9; n++) {
    stall();
    calm(MINUTE);
  }
  t.equal(sec(), 4);
  t.ok(calm(13 * MINUTE) < 1.2, 'but not for ever');
});

t.test('slow or uneven downloads move it back before they stall', async (t) => {
  const { calm, sec } = ultraLow();
  t.equal(calm(MINUTE, 0.25), 1, 'a little less than planned is fine');
  calm(250, 0.1);
  t.equal(sec(), 1.25);
  calm(1_000, 0);
  t.equal(sec(), 1.25, 'one rise has to show its effect before the next');
  calm(3_000, 0);
  t.equal(sec(), 1.6);
  calm(3_000, -2);
  t.equal(sec(), 2.1, 'half a second at a time');
});

t.test('it does not come near what was too near lately', async (t) => {
  const { calm, stall } = ultraLow();
  stall();
  t.equal(calm(5 * MINUTE, 0.4), 1.4, 'a tenth nearer would be a narrow escape');
  t.equal(calm(3 * MINUTE, 0.6), 1);
});

t.test('an interruption of the source is not held against the network', async (t) => {
  const { calm, stall, forgive, sec } = ultraLow();
  stall();
  calm(5_000);
  forgive();
  t.equal(sec(), 1);
  stall();
  calm(20_000);
  forgive();
  t.equal(sec(), 1.4, 'an earlier stall stays one');
});

t.test('another latency keeps what was learned of the network', async (t) => {
  const { target, stall, sec } = ultraLow();
  stall();
  target.setRange({ floorSec: 2.2, ceilingSec: 6.2 });
  t.equal(sec(), 2.6);
});

t.test("the server's clock, from questions that took their time", async (t) => {
  const sample = (sentMs: number, tookMs: number, serverMs: number) => ({ sentMs, receivedMs: sentMs + tookMs, serverMs });
  t.equal(clockOffsetMs([]), undefined);
  const exact = sample(1_000, 20, 501_010);
  const slow = sample(2_000, 400, 502_350);
  t.equal(clockOffsetMs([exact]), 500_000);
  t.equal(clockOffsetMs(samplesAfter([exact], slow)), 500_000, 'the quickest answer is the truest');
  const afterSleep = sample(3_000, 30, 900_015);
  t.same(samplesAfter([exact, slow], afterSleep), [afterSleep], 'a clock that was set makes all earlier answers wrong');
  const many = Array.from({ length: 20 }, (_, n) => sample(n * 1_000, 20, 500_010 + n * 1_000));
  t.equal(many.reduce((kept: typeof many, one) => samplesAfter(kept, one), []).length, 8);
});
