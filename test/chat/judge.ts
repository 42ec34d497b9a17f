import t from 'tap';
import { DEFAULT_MODES } from '../../src/chat/events.js';
import { judge } from '../../src/chat/messages/judge.js';
import type { Case } from '../../src/chat/messages/judge.js';
import type { ActiveSanction, Standing } from '../../src/chat/people/standing.js';
import { parseTerm } from '../../src/chat/text/terms.js';
import { textKey } from '../../src/chat/text/text-key.js';

const NOW = new Date('2026-01-01T12:00:00Z');
const ago = (sec: number): Date => new Date(NOW.getTime() - sec * 1_000);

function standing(more: Partial<Standing> = {}): Standing {
  return { user: { id: '1', username: 'bob' }, role: 'viewer', tier: undefined, followsSince: undefined, sanctions: [], isSuspect: false, ...more };
}

function against(kind: ActiveSanction['kind'], more: Partial<ActiveSanction> = {}): Standing {
  return standing({ sanctions: [{ kind, reason: 'spam', createdAt: ago(10), until: null, isOwn: true, ...more }] });
}

function caseOf(text: string, more: Partial<Omit<Case, 'modes'>> & { modes?: Partial<Case['modes']> } = {}): Case {
  return { text, key: textKey(text), standing: standing(), recent: [], isSaidBefore: false, emoteCodes: new Set(), terms: [], now: NOW, ...more, modes: { ...DEFAULT_MODES, ...more.modes } };
}

/** The verdict, or the code of the refusal with the seconds to wait. */
function verdict(question: Case): string {
  try {
    return judge(question).name;
  } catch (error) {
    const { code, detail } = Object(error);
    return detail?.retryAfterSec === undefined ? code : `${code} ${detail.retryAfterSec}`;
  }
}

function terms(pattern: string, action: 'hold' | 'block'): Case['terms'] {
  const term = parseTerm(pattern);
  return term === undefined ? [] : [{ term, action }];
}

t.test('who is kept from writing', async (t) => {
  t.equal(verdict(caseOf('hi')), 'show');
  t.equal(verdict(caseOf('hi', { standing: against('ban') })), 'chat_banned');
  t.equal(verdict(caseOf('hi', { standing: against('timeout', { until: new Date(NOW.getTime() + 41_500) }) })), 'chat_timed_out 42');
  t.equal(verdict(caseOf('hi', { standing: against('warning') })), 'chat_warning_pending');
  t.equal(verdict(caseOf('hi', { standing: against('mute') })), 'mute');
  t.throws(() => judge(caseOf('hi', { standing: against('ban', { isOwn: false, reason: 'a reason about somebody else' }) })), { message: 'you are banned from this chat' });
});

t.test('length', async (t) => {
  t.equal(verdict(caseOf('')), 'chat_text_empty');
  t.equal(verdict(caseOf('😀'.repeat(500))), 'show');
  t.equal(verdict(caseOf('a'.repeat(501))), 'chat_text_too_long');
});

t.test('slow mode, for viewers', async (t) => {
  const said = { recent: [{ key: 'other', sentAt: ago(10) }], modes: { slowSec: 30 } };
  t.equal(verdict(caseOf('hi', said)), 'chat_slow_mode 20');
  t.equal(verdict(caseOf('hi', { ...said, modes: { slowSec: 10 } })), 'show');
  for (const role of ['vip', 'moderator', 'owner', 'admin'] as const) t.equal(verdict(caseOf('hi', { ...said, standing: standing({ role }) })), 'show', role);
});

t.test('followers only', async (t) => {
  const of = (followersOnlyMin: number, followsSince?: Date): string => verdict(caseOf('hi', { modes: { followersOnlyMin }, standing: standing({ followsSince }) }));
  t.equal(of(0), 'chat_followers_only');
  t.equal(of(0, ago(0)), 'show');
  t.equal(of(10, ago(60)), 'chat_followers_only 540');
  t.equal(of(10, ago(600)), 'show');
  t.equal(verdict(caseOf('hi', { modes: { followersOnlyMin: 10 }, standing: standing({ role: 'vip' }) })), 'show');
});

t.test('repeats', async (t) => {
  const recent = [{ key: textKey('look at my channel'), sentAt: ago(20) }];
  t.equal(verdict(caseOf('LOOK at my channel!!', { recent })), 'chat_text_repeated');
  t.equal(verdict(caseOf('look at my channel', { recent: [{ key: textKey('look at my channel'), sentAt: ago(31) }] })), 'show');
  t.equal(verdict(caseOf('gg', { modes: { isUniqueChat: true }, isSaidBefore: true })), 'chat_text_not_unique');
  t.equal(verdict(caseOf('gg', { isSaidBefore: true })), 'show');
});

t.test('emote-only and links', async (t) => {
  t.equal(verdict(caseOf('hi', { modes: { isEmoteOnly: true } })), 'chat_text_emote_only');
  t.equal(verdict(caseOf('😀 :wave:', { modes: { isEmoteOnly: true }, emoteCodes: new Set(['wave']) })), 'show');
  const link = (links: 'everyone' | 'moderators' | 'nobody', role: Standing['role']): string => verdict(caseOf('example.org', { modes: { links }, standing: standing({ role }) }));
  t.same([link('everyone', 'viewer'), link('moderators', 'viewer'), link('moderators', 'vip'), link('moderators', 'moderator'), link('nobody', 'moderator')],
    ['show', 'chat_text_links', 'chat_text_links', 'show', 'chat_text_links']);
});

t.test('words', async (t) => {
  t.equal(verdict(caseOf('a bad word', { terms: terms('bad', 'hold') })), 'hold');
  t.equal(verdict(caseOf('a bad word', { terms: terms('bad', 'block') })), 'chat_text_term');
  t.equal(verdict(caseOf('a bad word', { terms: terms('bad', 'block'), standing: standing({ role: 'moderator' }) })), 'show');
  t.equal(verdict(caseOf('a bad word', { terms: terms('bad', 'block'), standing: against('mute') })), 'chat_text_term', 'who is muted hears what anybody hears');
  t.equal(verdict(caseOf('hello', { standing: standing({ isSuspect: true }) })), 'hold');
});
