import t from 'tap';
import type { ArchivedFile, ArchiveState, FileState } from '../../../src/web/api/archive-contract.js';
import { segmentNear, type Segment } from '../../../src/web/archive/bar/bar-layout.js';
import { hostOf } from '../../../src/web/words/host.js';
import { holdWords } from '../../../src/web/archive/settings/hold-words.js';
import { canVeto, checkedAt, checkedOf, isBeingChecked, paceMs, storedOf } from '../../../src/web/archive/show/progress.js';
import { logWords } from '../../../src/web/archive/show/log-words.js';
import { timelineOf } from '../../../src/web/archive/show/timeline.js';
import { FILE_STATES, FILE_WORDS } from '../../../src/web/archive/state-words.js';
import { rangeMoved, vetoWords } from '../../../src/web/archive/veto/veto-words.js';

const SEC = 1_000_000;

function segment(number: number, state: FileState, storedAt?: string): Segment {
  return {
    name: `720p/${number}.m4s`, rendition: '720p', number, startUs: number * 2 * SEC, durationUs: 2 * SEC, cid: 'bafk', sizeBytes: 1000, state,
    arweave: null, receipt: storedAt === undefined ? null : { storedAt, fetchedFrom: 'https://check.example' },
  };
}

t.test('how far a show is: what was left out is not waited for', async (t) => {
  t.same(storedOf([segment(0, 'stored'), segment(1, 'confirmed'), segment(2, 'vetoed'), segment(3, 'failed')]), { done: 1, of: 3 });
});

t.test('a show is being checked while only that is left to do', async (t) => {
  const of = (...states: FileState[]) => isBeingChecked({ state: 'storing', files: states.map((state, number) => segment(number, state)) });
  t.same([of('stored', 'confirmed', 'vetoed'), of('stored', 'posted'), of('confirmed', 'failed')], [true, false, false]);
  t.equal(isBeingChecked({ state: 'stored', files: [segment(0, 'stored')] }), false);
});

t.test('what is verified counts from the moment of the wish', async (t) => {
  const files = [segment(0, 'stored', '2026-03-01T12:00:00.000Z'), segment(1, 'stored', '2026-03-01T12:00:09.000Z'), segment(2, 'vetoed')];
  const log = [{ at: '2026-03-01T12:00:05.000Z', by: 'ada', action: 'verify', detail: '' }, { at: '2026-03-01T12:00:01.000Z', by: 'server', action: 'stored', detail: '' }];
  t.same(checkedOf({ state: 'storing', files, log }), { done: 1, of: 2 });
  t.equal(checkedOf({ state: 'storing', files, log: log.slice(1) }), undefined, 'the first time');
  t.equal(checkedOf({ state: 'stored', files, log }), undefined, 'when it is done');
});

t.test('a show was checked when its oldest receipt was made', async (t) => {
  t.equal(checkedAt([segment(0, 'stored', '2026-03-01T12:10:00Z'), segment(1, 'stored', '2026-03-01T12:00:00Z'), segment(2, 'vetoed')]), '2026-03-01T12:00:00Z');
  t.equal(checkedAt([segment(0, 'planned')]), undefined);
});

t.test('what changes is asked for often, what is long less so', async (t) => {
  const pace = (state: ArchiveState, files: ArchivedFile[] = []) => paceMs({ state, files }) / 1000;
  t.same([pace('storing'), pace('holding'), pace('stored'), pace('vetoed')], [5, 5, 60, 60]);
  t.equal(pace('storing', new Array<ArchivedFile>(25_000).fill(segment(0, 'planned'))), 30);
  t.equal(paceMs(undefined), 5000, 'before the first answer');
});

t.test('a show can be kept out until something of it was sent', async (t) => {
  const states: ArchiveState[] = ['holding', 'queued', 'held', 'storing', 'stored', 'failed', 'vetoed', 'erased', 'off'];
  t.same(states.filter(canVeto), ['holding', 'queued', 'held']);
});

t.test('a range keeps a second, whichever end is moved', async (t) => {
  const range = { fromSec: 10, toSec: 20 };
  t.same(rangeMoved(range, 'fromSec', 15, 60), { fromSec: 15, toSec: 20 });
  t.same(rangeMoved(range, 'fromSec', 30, 60), { fromSec: 30, toSec: 31 });
  t.same(rangeMoved(range, 'fromSec', 60, 60), { fromSec: 59, toSec: 60 });
  t.same(rangeMoved(range, 'toSec', 5, 60), { fromSec: 4, toSec: 5 });
  t.same(rangeMoved(range, 'toSec', 0, 60), { fromSec: 0, toSec: 1 });
});

t.test('what was kept out, in words', async (t) => {
  const asItIs = { playedSec: (ms: number) => ms / 1000 };
  t.equal(vetoWords({ fromMs: 30_000, toMs: 60_000 }, asItIs), '0:30 to 1:00');
  t.equal(vetoWords({ fromMs: null, toMs: 60_000 }, asItIs), 'the beginning to 1:00');
  t.equal(vetoWords({ fromMs: 3_600_000, toMs: null }, asItIs), '1:00:00 to the end');
  t.equal(vetoWords({ fromMs: null, toMs: null }, asItIs), 'the whole show');
  t.same([0, 1, 24, 48, 168, 50].map(holdWords), ['no time: it is sent at once', '1 hour', '24 hours', '2 days', '7 days', '50 hours']);
});

t.test('a press near what failed chooses it', async (t) => {
  const segments = [0, 1, 2, 3, 4].map((number) => segment(number, number === 3 ? 'failed' : 'stored'));
  t.equal(segmentNear(segments, 5 * SEC, 0.5 * SEC), 2, 'where fingers can tell segments apart');
  t.equal(segmentNear(segments, 5 * SEC, 2 * SEC), 3);
  t.equal(segmentNear(segments, 9 * SEC, 2 * SEC), 3);
  t.equal(segmentNear(segments, 1 * SEC, 2 * SEC), 0, 'and the pressed one where all are alike');
});

t.test('every state has words and a place in the order', async (t) => {
  t.same(Object.keys(FILE_WORDS).toSorted(), [...FILE_STATES].toSorted());
});

t.test('the log says what was done', async (t) => {
  const words = (action: string, detail: string) => logWords({ at: '', by: 'ada', action, detail }, { playedSec: (ms) => ms / 1000 });
  t.equal(words('erased', ' but what is out for ever: tx'), 'destroyed the key; what is out for ever: tx');
  t.equal(words('vetoed', '30000 ms to the end: he said 5 ms'), 'kept out 0:30 to the end: he said 5 ms');
  t.equal(words('admitted', 'all, encrypted, held for 24 hours'), 'took the show in: all, encrypted, held for 24 hours');
  t.equal(words('signed', 'tx of wallet, 367400440123 winston'), 'signed a transaction: tx of wallet, 0.3674 AR');
  t.equal(words('retried', '6c2b'), 'tried again what had failed', 'a number of ours says nothing');
  t.equal(words('something-new', ''), 'something-new');
});

t.test('times are the recording\'s: from its first picture, without outages', async (t) => {
  // On air from 5 s to 9 s, and after an outage from 60 s to 62 s.
  const at = (number: number, startSec: number): Segment => ({ ...segment(number, 'planned'), startUs: startSec * SEC });
  const init = { ...segment(0, 'planned'), number: null, startUs: null, durationUs: null };
  const timeline = timelineOf([init, at(0, 5), at(2, 60), at(1, 7)]);
  t.same(timeline.files.map(({ startUs }) => startUs), [null, 0, 4 * SEC, 2 * SEC]);
  t.same([0, 1, 4, 5, 100].map((sec) => timeline.momentMs(sec)), [5000, 6000, 60_000, 61_000, 62_000]);
  t.same([0, 5000, 8000, 30_000, 61_000].map((ms) => timeline.playedSec(ms)), [0, 0, 3, 4, 5]);
  t.equal(timelineOf([]).momentMs(3), 3000, 'where nothing has a time');
});

t.test('addresses are named by their host', async (t) => {
  t.same(['https://arweave.net/abc', 'http://kubo-1:5001', 'a pinning service'].map(hostOf), ['arweave.net', 'kubo-1:5001', 'a pinning service']);
});
