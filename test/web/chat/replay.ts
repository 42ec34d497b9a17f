import t from 'tap';
import type { ChatMessage } from '../../../src/web/api/chat-contract.js';
import { Replay } from '../../../src/web/chat/replay/replay.js';
import { overlayLook } from '../../../src/web/chat/overlay/look.js';
import { until } from '../../support/until.js';

const START_MS = Date.parse('2026-03-01T12:00:00Z');
const PAGE = 50;

/** One message every five seconds of an hour. */
const SAID: ChatMessage[] = Array.from({ length: 720 }, (_, at) => {
  const streamAt = new Date(START_MS + at * 5_000).toISOString();
  return { id: `m${at}`, seq: at + 1, channel: 'ada', author: { id: 'bob', username: 'bob', role: 'viewer' }, text: String(at), isAction: false, mentions: [], sentAt: streamAt, streamAt };
});

function open(fails = 0) {
  const spans: string[] = [];
  const errors: unknown[] = [];
  let failures = fails;
  const replay = new Replay({
    load: async ({ from, to }) => {
      if (failures-- > 0) throw new Error('the server is away');
      spans.push(`${(from.getTime() - START_MS) / 1000}–${(to.getTime() - START_MS) / 1000}`);
      const found = SAID.filter(({ streamAt }) => Date.parse(streamAt) >= from.getTime() && Date.parse(streamAt) < to.getTime());
      const next = found[PAGE]?.streamAt;
      return { messages: found.slice(0, PAGE), ...(next === undefined ? {} : { next }) };
    },
    onChange: () => undefined,
    onError: (error) => errors.push(error),
  });
  const last = (sec: number) => replay.at(START_MS + sec * 1000).at(-1)?.text;
  return { replay, spans, errors, last };
}

t.test('what is shown is what has been said, and the rest is loaded ahead', async (t) => {
  const { replay, spans, last } = open();
  t.same(replay.at(START_MS + 12_000), [], 'nothing is loaded yet');
  replay.at(START_MS + 12_250);
  await until('the first stretch', () => (last(12) === '2' ? true : undefined));
  t.equal(last(60), '12');
  await until('the next stretch, before it is needed', () => (last(100) === '20' && spans.length > 1 ? true : undefined));
  t.same(spans.slice(0, 2), ['-168–132', '132–252']);
  replay.close();
});

t.test('a jump clears and fills, with more than one page where much was said', async (t) => {
  const { replay, spans, last } = open();
  replay.at(START_MS + 1_800_000);
  await until('what was said there', () => (last(1_800) === '360' ? true : undefined));
  t.equal(replay.at(START_MS + 1_800_000)[0]?.text, '324', 'and before it');
  t.same(spans, ['1620–1920', '1870–1920']);
  t.equal(last(1_700), '340', 'back within what is loaded takes no request');
  t.equal(spans.length, 2);
  t.same(replay.at(START_MS), [], 'further back does');
  await until('the start', () => (last(0) === '0' ? true : undefined));
  replay.close();
});

t.test('a server that is away is asked again, not at once', async (t) => {
  const { replay, spans, errors } = open(1);
  replay.at(START_MS);
  await until('the failure', () => (errors.length === 1 ? true : undefined));
  replay.at(START_MS);
  t.same([spans, errors.length], [[], 1]);
  replay.close();
});

t.test('an overlay takes from its address what it understands', async (t) => {
  const look = overlayLook(new URLSearchParams('fade=20&max=8&size=28&color=fff&background=0008&font=Inter, Arial&align=right'));
  t.same(look, { fadeSec: 20, max: 8, style: { '--overlay-size': '28px', '--overlay-color': '#fff', '--overlay-background': '#0008', '--overlay-font': 'Inter, Arial', '--overlay-align': 'flex-end' } });
  t.same(overlayLook(new URLSearchParams('fade=x&max=1e9&size=;}&color=url(//a)&background=red&font=a;b{')), { fadeSec: 0, max: 100, style: {} });
});
