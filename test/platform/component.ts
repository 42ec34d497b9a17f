import t from 'tap';
import { Lifecycle } from '../../src/platform/index.js';
import { recordingLog } from '../support/log.js';

interface Gate {
  promise: Promise<void>;
  open: () => void;
}

function gate(): Gate {
  let open: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => { open = resolve; });
  return { promise, open };
}

/** Three parts that write down what happens to them; `b` can be held up or made to fail. */
function house(options: { startOfB?: () => Promise<void>; stopOfB?: () => Promise<void>; stopDeadlineMs?: number } = {}) {
  const happened: string[] = [];
  const log = recordingLog();
  const nothing = async (): Promise<void> => undefined;
  const part = (name: string, start = nothing, stop = nothing) => ({ name, component: {
    start: async () => { happened.push(`${name} starts`); await start(); happened.push(`${name} runs`); },
    stop: async () => { await stop(); happened.push(`${name} stopped`); },
  } });
  const parts = [part('a'), part('b', options.startOfB, options.stopOfB), part('c')];
  const { stopDeadlineMs } = options;
  return { lifecycle: new Lifecycle({ parts, log, ...(stopDeadlineMs === undefined ? {} : { stopDeadlineMs }) }), happened, log };
}

t.test('parts start in order and stop in reverse, once', async (t) => {
  const { lifecycle, happened } = house();
  await Promise.all([lifecycle.start(), lifecycle.start()]);
  await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  await lifecycle.stop();
  t.same(happened, ['a starts', 'a runs', 'b starts', 'b runs', 'c starts', 'c runs', 'c stopped', 'b stopped', 'a stopped']);
});

t.test('a failed start stops what had started, says why, and leaves nothing to stop', async (t) => {
  const { lifecycle, happened } = house({ startOfB: () => Promise.reject(new Error('port in use')) });
  await t.rejects(lifecycle.start(), { message: 'port in use' });
  await lifecycle.stop();
  t.same(happened, ['a starts', 'a runs', 'b starts', 'b stopped', 'a stopped']);
});

t.test('a stop in the middle of the start waits for the part that is starting, and stops it first', async (t) => {
  const { promise, open } = gate();
  const { lifecycle, happened, log } = house({ startOfB: () => promise });
  const starting = lifecycle.start();
  await new Promise(setImmediate);
  const stopping = lifecycle.stop();
  await new Promise(setImmediate);
  t.same(happened, ['a starts', 'a runs', 'b starts'], 'what b starts on still runs');
  open();
  await Promise.all([starting, stopping]);
  t.same(happened.slice(3), ['b runs', 'b stopped', 'a stopped'], 'c never starts');
  t.same(log.lines, []);
});

t.test('a stop in the middle of a start that fails stops each part once', async (t) => {
  const { promise, open } = gate();
  const { lifecycle, happened } = house({ startOfB: async () => { await promise; throw new Error('no'); } });
  const starting = t.rejects(lifecycle.start(), { message: 'no' });
  await new Promise(setImmediate);
  const stopping = lifecycle.stop();
  open();
  await Promise.all([starting, stopping]);
  t.same(happened, ['a starts', 'a runs', 'b starts', 'b stopped', 'a stopped']);
});

t.test('a start that hangs holds the stop up to its deadline; should it come after all, it is stopped', async (t) => {
  const { promise, open } = gate();
  const { lifecycle, happened, log } = house({ startOfB: () => promise, stopDeadlineMs: 20 });
  const starting = lifecycle.start();
  await new Promise(setImmediate);
  await lifecycle.stop();
  t.same(happened, ['a starts', 'a runs', 'b starts', 'a stopped']);
  t.match(log.lines, [{ level: 'error', fields: { error: 'not done after 20 ms' } }]);
  open();
  await starting;
  t.same(happened.slice(4), ['b runs', 'b stopped']);
});

t.test('a part that does not stop is named and holds nobody up', async (t) => {
  const { lifecycle, happened, log } = house({ stopOfB: () => new Promise<void>(() => undefined), stopDeadlineMs: 20 });
  await lifecycle.start();
  await lifecycle.stop();
  t.same(happened.slice(-2), ['c stopped', 'a stopped']);
  t.match(log.lines, [{ level: 'error', message: 'component did not stop cleanly', fields: { component: 'b', error: 'not done after 20 ms' } }]);
});

t.test('after a stop nothing starts', async (t) => {
  const { lifecycle, happened } = house();
  await lifecycle.stop();
  await lifecycle.start();
  t.same(happened, []);
});
