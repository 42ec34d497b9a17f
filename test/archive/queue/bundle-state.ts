import t from 'tap';
import { arText, overBudget, winstonOf } from '../../../src/archive/arweave/budget.js';
import { backoffMs, nextBundle } from '../../../src/archive/queue/bundle-state.js';
import type { BundleProgress, BundleState, StepOutcome } from '../../../src/archive/queue/bundle-state.js';
import { archiveStateOf } from '../../../src/archive/queue/queries.js';

const PACE = { baseMs: 1_000, random: 0.5 };

function step(state: BundleState, outcome: StepOutcome, progress: Partial<BundleProgress> = {}) {
  return nextBundle({ state, attempts: 0, reposts: 0, ...progress }, outcome, PACE);
}

/** The same outcome until the bundle is elsewhere. */
function until(state: BundleState, outcome: StepOutcome, progress: Partial<BundleProgress> = {}) {
  let [patch, steps] = [step(state, outcome, progress), 1];
  while (patch.state === state) [patch, steps] = [step(state, outcome, patch), steps + 1];
  return { patch, steps };
}

t.test('each step leads to the next', async (t) => {
  const states: BundleState[] = ['planned', 'signed', 'posting', 'posted', 'seeded', 'confirmed'];
  t.same(states.map((state) => step(state, { kind: 'advanced' }, { attempts: 4 }).state), ['signed', 'posting', 'posted', 'seeded', 'confirmed', 'stored']);
  t.match(step('signed', { kind: 'advanced', postedTo: 'https://a' }, { attempts: 4 }), { postedTo: 'https://a', nextChunk: 0, attempts: 4 }, 'that the header was taken is no progress yet');
  t.match(step('posting', { kind: 'advanced' }, { attempts: 4 }), { nextChunk: null, attempts: 0 });
});

t.test('failures wait twice as long each time, up to an hour, and as long as the gateway wants', async (t) => {
  t.same([1, 2, 3, 30].map((attempts) => backoffMs(attempts, PACE)), [1_000, 2_000, 4_000, 3_600_000]);
  t.same([0, 1].map((random) => backoffMs(1, { ...PACE, random })), [750, 1_250]);
  t.equal(step('planned', { kind: 'failed', fault: 'remote', error: '429', retryAfterMs: 90_000 }).delayMs, 90_000);
});

t.test('a dead letter says whose fault it is, and where it stopped', async (t) => {
  const deadAfter = (fault: 'operator' | 'remote' | 'bug') => until('seeded', { kind: 'failed', fault, error: 'no' });
  t.same((['remote', 'operator', 'bug'] as const).map((fault) => deadAfter(fault).steps), [30, 5, 3]);
  t.match(deadAfter('operator').patch, { state: 'dead', failedState: 'seeded', fault: 'operator', error: 'no' });
});

t.test('chunks that a gateway does not take go to the next one, and not for ever', async (t) => {
  const failed: StepOutcome = { kind: 'failed', fault: 'remote', error: 'no' };
  t.match(step('posting', failed, { attempts: 2 }), { state: 'signed', nextChunk: 0, attempts: 3 });
  t.match(step('posting', { ...failed, hasProgress: true }, { attempts: 2 }), { state: 'posting', attempts: 1 }, 'where something went through, patience begins anew');
  t.match(step('posting', { ...failed, hasProgress: true }, { attempts: 29 }), { state: 'posting', attempts: 28 }, 'but what was lost at other gateways counts');
  t.equal(step('posting', failed, { attempts: 29 }).state, 'dead');
  t.equal(until('signed', { kind: 'failed', fault: 'operator', error: 'no money', isPatient: true }).steps, 30, 'money may come');
});

t.test('what is lost is looked for, then posted again, three times', async (t) => {
  const { patch, steps } = until('confirmed', { kind: 'missing', what: 'data', error: 'gone' });
  t.match([patch, steps], [{ state: 'posting', reposts: 1, nextChunk: 0, isUnsigned: false, isLost: true }, 10]);
  t.equal(step('confirmed', { kind: 'missing', what: 'data', error: 'gone' }, { attempts: 8 }).isLost, false, 'not before it was looked for a while');
  t.match(until('confirmed', { kind: 'missing', what: 'data', error: 'gone' }, { reposts: 3 }).patch, { state: 'dead', fault: 'remote', failedState: 'confirmed' });
  t.match(until('seeded', { kind: 'missing', what: 'transaction', error: 'gone' }).patch, { state: 'signed', isUnsigned: false }, 'the same transaction');
});

t.test('only what can never be mined is signed anew', async (t) => {
  t.match(step('seeded', { kind: 'expired' }), { state: 'planned', isUnsigned: true });
});

t.test('what is held has no fault, and counts no tries', async (t) => {
  t.match(step('planned', { kind: 'held', reason: 'budget', retryMs: 60_000 }), { state: 'planned', attempts: 0, fault: null, error: 'budget', delayMs: 60_000 });
});

t.test('an archive is what its bundles are', async (t) => {
  const of = (...states: (BundleState | 'held')[]) => archiveStateOf(states.map((state) => (state === 'held' ? { state: 'planned', fault: null, error: 'budget' } : { state, fault: null, error: null }))).state;
  t.same([of('planned', 'planned'), of('posting', 'planned'), of('stored', 'planned'), of('stored', 'held')], ['queued', 'storing', 'storing', 'held']);
  t.same([of('stored', 'stored'), of('stored', 'dead'), of('dead', 'planned'), of('dead', 'posted')], ['stored', 'failed', 'failed', 'storing']);
  t.equal(of(), 'queued', 'nothing is no proof');
  t.equal(archiveStateOf([{ state: 'signed', fault: null, error: 'the recording is private' }, { state: 'stored', fault: null, error: null }]).state, 'held', 'signed, and nothing of it has left');
});

t.test('amounts have no floats', async (t) => {
  t.same([winstonOf(0.1), winstonOf(1_000_000), winstonOf(0)], [100_000_000_000n, 10n ** 18n, 0n]);
  t.same([arText(100_000_000_000n), arText(1n), arText(10n ** 13n), arText(0n)], ['0.1', '0.000000000001', '10', '0']);
});

t.test('the first budget that a cost breaks is named', async (t) => {
  const limits = { broadcast: 10n, day: 20n, month: 30n };
  t.equal(overBudget(limits, { broadcast: 5n, day: 15n, month: 25n }, 5n), undefined, 'up to the limit is room');
  t.match(overBudget(limits, { broadcast: 0n, day: 0n, month: 26n }, 5n), /30 days/);
  t.match(overBudget(limits, { broadcast: 6n, day: 16n, month: 26n }, 5n), /a broadcast/);
  t.match(overBudget({ month: 30n }, { broadcast: 6n, day: 16n, month: 26n }, 5n), /30 days/, 'only those that hold for it');
});
