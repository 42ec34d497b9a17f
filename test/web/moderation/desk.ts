import t from 'tap';
import { actWords } from '../../../src/web/moderation/act-words.js';
import { keyAct, mayActOn } from '../../../src/web/moderation/message-keys.js';

const press = (key: string, more = {}) => keyAct({ key, ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...more });

t.test('keys act, shortcuts of the browser and keys held down do not', async (t) => {
  t.same(['d', 'T', 'b', 'x', 'Enter'].map((key) => press(key)), ['delete', 'timeout', 'ban', undefined, undefined]);
  t.same([press('d', { ctrlKey: true }), press('t', { metaKey: true }), press('b', { altKey: true }), press('d', { repeat: true })], [undefined, undefined, undefined, undefined]);
});

t.test('what the server would refuse is not offered', async (t) => {
  const of = (role: 'viewer' | 'vip' | 'moderator' | 'owner', username = 'bob') => ({ author: { id: '1', username, role } });
  t.same(mayActOn('moderator', 'mia', of('vip')), { mayDelete: true, maySanction: true });
  t.same(mayActOn('moderator', 'mia', of('moderator')), { mayDelete: false, maySanction: false });
  t.same(mayActOn('moderator', 'mia', of('moderator', 'mia')), { mayDelete: true, maySanction: false }, 'one’s own words may go');
  t.same(mayActOn('owner', 'ada', of('moderator')), { mayDelete: true, maySanction: true });
  t.same(mayActOn('moderator', 'mia', { author: { id: '1', username: 'dj', role: 'moderator', isBot: true } }), { mayDelete: true, maySanction: false }, 'a bot has no account to ban');
});

t.test('the log says what was done', async (t) => {
  const words = (act: string, detail = {}, target?: string) => actWords({ act, detail, ...(target === undefined ? {} : { target }) });
  t.equal(words('timeout-user', { seconds: 600 }, 'bob'), 'timed out bob for 10 min');
  t.equal(words('set-modes', { changes: { slowSec: 10, isEmoteOnly: true, followersOnlyMin: -1 } }), 'changed the modes: slow 10, emotes only on, followers only off');
  t.equal(words('set-role', { role: 'none' }, 'bob'), 'took the role of bob away');
  t.equal(words('ban-user'), 'banned somebody', 'an account that is gone');
  t.equal(words('something-new'), 'something-new');
});
