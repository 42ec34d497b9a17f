import t from 'tap';
import { outranks, roleOf, tierOf, youOf } from '../../src/chat/people/standing.js';
import type { Standing } from '../../src/chat/people/standing.js';
import { effectiveModes, modesSchema } from '../../src/chat/room/modes.js';
import { DEFAULT_MODES } from '../../src/chat/events.js';

const NOW = new Date('2026-01-01T12:00:00Z');
const HOUR_MS = 3_600_000;

t.test('what a role follows from', async (t) => {
  const person = { userId: '1', ownerId: '2', isAdmin: false, granted: null, followsSince: null };
  t.equal(roleOf(person), 'viewer');
  t.equal(roleOf({ ...person, followsSince: NOW }), 'follower');
  t.equal(roleOf({ ...person, followsSince: NOW, granted: 'vip' }), 'vip');
  t.equal(roleOf({ ...person, granted: 'moderator', isAdmin: true }), 'admin');
  t.equal(roleOf({ ...person, ownerId: '1', isAdmin: true }), 'owner');
});

t.test('nobody acts on who stands as high', async (t) => {
  t.equal(outranks('moderator', 'vip'), true);
  t.equal(outranks('moderator', 'moderator'), false);
  t.equal(outranks('moderator', 'owner'), false);
  t.equal(outranks('owner', 'moderator'), true);
  t.equal(outranks('owner', 'admin'), false);
  t.equal(outranks('vip', 'vip'), false);
});

t.test('tiers grow with time', async (t) => {
  const days = (count: number): number => tierOf(new Date(NOW.getTime() - count * 24 * HOUR_MS), NOW);
  t.same([days(0), days(29), days(30), days(179), days(180)], [1, 1, 2, 2, 3]);
});

t.test('people are told of what stands against them, but of a mute and of other people’s reasons', async (t) => {
  const standing: Standing = { user: { id: '1', username: 'bob' }, role: 'viewer', tier: undefined, followsSince: undefined, isSuspect: false, sanctions: [] };
  const told = (sanctions: Standing['sanctions']) => youOf({ ...standing, sanctions }).sanction;
  const sanction = { reason: 'spam', createdAt: NOW, until: null, isOwn: true };
  t.equal(told([{ ...sanction, kind: 'mute' }]), undefined);
  t.same(told([{ ...sanction, kind: 'timeout', until: NOW }]), { kind: 'timeout', reason: 'spam', until: NOW.toISOString() });
  t.same(told([{ ...sanction, kind: 'warning' }, { ...sanction, kind: 'ban', isOwn: false }]), { kind: 'ban', reason: '' });
});

t.test('the shield makes modes stricter, never milder, and ends by itself', async (t) => {
  const shield = (modes: object, until: number | null) => effectiveModes({ modes: { ...DEFAULT_MODES, ...modes }, shieldUntil: until === null ? null : new Date(NOW.getTime() + until) }, NOW);
  t.same(shield({}, 1), { ...DEFAULT_MODES, slowSec: 30, followersOnlyMin: 10, links: 'moderators' });
  t.same(shield({ slowSec: 60, followersOnlyMin: 30, links: 'nobody' }, 1), { ...DEFAULT_MODES, slowSec: 60, followersOnlyMin: 30, links: 'nobody' });
  t.same(shield({}, 0), DEFAULT_MODES);
  t.same(shield({}, null), DEFAULT_MODES);
});

t.test('modes have bounds', async (t) => {
  for (const modes of [{}, { slowSec: 3_600 }, { followersOnlyMin: -1 }, { delaySec: 30, links: 'nobody' }]) t.ok(modesSchema.safeParse(modes).success);
  for (const modes of [{ slowSec: -1 }, { slowSec: 1.5 }, { delaySec: 31 }, { links: 'some' }, { isEmoteOnly: 1 }, { other: 1 }, null]) t.notOk(modesSchema.safeParse(modes).success);
});
