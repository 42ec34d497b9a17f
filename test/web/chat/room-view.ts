import t from 'tap';
import type { ChatMessage, RoomState } from '../../../src/web/api/chat-contract.js';
import {
  confirmed, entered, filled, hasHole, heard, KEPT_FOLLOWING, NEW_ROOM, paceSec, trimmed, waiting, withEarlier, withMessages, without, withPending, withReactions,
} from '../../../src/web/chat/client/room-view.js';
import type { RoomView } from '../../../src/web/chat/client/room-view.js';

const MODES = { slowSec: 0, followersOnlyMin: -1, isEmoteOnly: false, isUniqueChat: false, delaySec: 0, links: 'everyone', isMembersOnly: false } as const;
const ROOM: RoomState = { channel: 'ada', modes: MODES, emotes: [], viewers: 0, lastSeq: 3 };
const BOB = { id: 'bob', username: 'bob', role: 'viewer' } as const;

function said(seq: number | null, text = `message ${seq}`, more: Partial<ChatMessage> = {}): ChatMessage {
  const sentAt = new Date(1_700_000_000_000 + (seq ?? 0) * 1_000).toISOString();
  return { id: `id-${seq ?? text}`, seq, channel: 'ada', author: BOB, text, isAction: false, mentions: [], sentAt, streamAt: sentAt, ...more };
}

const numbers = ({ messages }: RoomView) => messages.map(({ seq }) => seq);
const open = (...messages: ChatMessage[]): RoomView =>
  entered(NEW_ROOM, { room: ROOM, you: { role: 'viewer', user: { id: 'bob', username: 'bob' } }, messages }, { isFirst: true, pageSize: 100 });

t.test('messages stand in the order of the room, each once', async (t) => {
  let view = open(said(1), said(2));
  for (const seq of [4, 3, 3, 2, 5]) view = heard(view, said(seq));
  t.same(numbers(view), [1, 2, 3, 4, 5]);
  t.equal(view.upTo, 5);
  t.notOk(hasHole(view));
});

t.test('a hole is known, and closed by what the server says of it', async (t) => {
  const view = heard(open(said(1)), said(4));
  t.ok(hasHole(view), '2 and 3 are missing');
  const deleted = filled(view, { messages: [said(2)], upTo: 4 });
  t.same([numbers(deleted), deleted.upTo, hasHole(deleted)], [[1, 2, 4], 4, false], '3 was deleted');
  const late = filled(view, { messages: [], upTo: 1 });
  t.ok(hasHole(late), 'what others may not see yet comes later');
});

t.test('what was told before the room let in is not lost', async (t) => {
  const early = heard(NEW_ROOM, said(3));
  const view = entered(early, { room: ROOM, you: { role: 'reader' }, messages: [said(1), said(2)] }, { isFirst: true, pageSize: 100 });
  t.same([numbers(view), view.upTo], [[1, 2, 3], 3]);
});

t.test('what has no number stands where its time is', async (t) => {
  const held = said(null, 'held', { sentAt: said(2).sentAt, hidden: 'held' });
  const view = withMessages(open(said(1), said(2), said(3)), [held]);
  t.same(numbers(view), [1, 2, null, 3]);
  t.same(numbers(withMessages(view, [{ ...held, seq: 4 }])), [1, 2, 3, 4], 'approved, it is said now');
});

t.test('deleted, cleared, restored', async (t) => {
  const pinned = { ...open(said(1), said(2)), room: { ...ROOM, pinned: said(2) } };
  const deleted = without(pinned, ({ id }) => id === 'id-2');
  t.same([numbers(deleted), deleted.room?.pinned], [[1], undefined], 'a pin goes with its message');
  t.same(numbers(withMessages(deleted, [said(2)])), [1, 2], 'undone');
  t.same(numbers(withMessages({ ...open(said(5)), hasEarlier: true }, [said(2)])), [5], 'what is of a page that is not loaded stays there');
});

t.test('after a reconnect, what was deleted meanwhile goes, and the rest is as it is now', async (t) => {
  const view = open(said(1), said(2), said(3), said(4));
  const now = confirmed(view, { messages: [{ ...said(2), reactions: { '❤️': 2 } }], from: 2, to: 3 });
  t.same(numbers(now), [1, 2, 4]);
  t.same(now.messages[1]?.reactions, { '❤️': 2 });
});

t.test('earlier pages go before the first message', async (t) => {
  const view = withEarlier({ ...open(said(5)), hasEarlier: true }, { messages: [said(3), said(4)], hasMore: false });
  t.same([numbers(view), view.hasEarlier], [[3, 4, 5], false]);
});

t.test('a page keeps what it can draw', async (t) => {
  const many = open(...Array.from({ length: KEPT_FOLLOWING + 20 }, (_, at) => said(at + 1)));
  const view = trimmed(many, true);
  t.same([view.messages.length, view.messages[0]?.seq, view.hasEarlier], [KEPT_FOLLOWING, 21, true]);
  t.equal(trimmed(many, false).messages.length, KEPT_FOLLOWING + 20, 'who reads what is above keeps it');
});

t.test('what one said does not stand there twice when the room is faster than the answer', async (t) => {
  const view = withPending(open(said(1)), { nonce: 'n', text: '/me waves' });
  t.equal(heard(view, said(2, 'waves', { isAction: true })).pending.length, 0);
  t.equal(heard(view, said(2, 'waves', { isAction: true, author: { ...BOB, id: 'eve' } })).pending.length, 1, 'of somebody else it is another one');
  t.equal(withMessages(view, [said(2, 'waves', { isAction: true })]).pending.length, 1, 'of long ago, too');
});

t.test('reactions add up', async (t) => {
  const view = withReactions(open(said(1)), { 'id-1': { '👍': 3 } });
  t.same(view.messages[0]?.reactions, { '👍': 3 });
  t.same(withReactions(view, { 'id-1': { '👍': -3, '❤️': 1 } }).messages[0]?.reactions, { '❤️': 1 });
});

t.test('who has to wait, and for how long', async (t) => {
  const slow = { ...open(), room: { ...ROOM, modes: { ...MODES, slowSec: 10 } } };
  t.equal(paceSec(slow), 10);
  t.equal(paceSec({ ...slow, room: { ...slow.room, shieldUntil: '2026-01-01T00:00:00Z' } }), 30);
  t.equal(paceSec({ ...slow, you: { role: 'vip' } }), 0, 'modes do not bind them');
  const longer = waiting(waiting(slow, { untilMs: 20, reason: 'a' }), { untilMs: 10, reason: 'b' });
  t.same([longer.waitUntilMs, longer.waitReason], [20, 'a']);
});

t.test('who is muted gets their messages with the number of the one before', async (t) => {
  const at = (ms: number): Partial<ChatMessage> => ({ sentAt: new Date(1_700_000_002_000 + ms).toISOString() });
  let view = open(said(1), said(2));
  view = heard(view, said(2, 'muted', { id: 'a', ...at(10) }));
  view = heard(view, said(2, 'muted too', { id: 'b', ...at(20) }));
  view = heard(view, said(3));
  t.same(view.messages.map(({ text }) => text), ['message 1', 'message 2', 'muted', 'muted too', 'message 3']);
  t.notOk(hasHole(view));
});
