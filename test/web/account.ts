import t from 'tap';
import { destinationOf } from '../../src/web/account/destination.js';
import { accountErrors, fieldsOfProblem } from '../../src/web/account/rules.js';
import { Problem } from '../../src/web/api/problem.js';

const GOOD = { username: 'ada', email: 'ada@example.org', password: 'four words in a row' };

t.test('a new account', async (t) => {
  t.same(accountErrors(GOOD), {});
  t.same(accountErrors({ ...GOOD, username: 'Ada_L-1' }), {}, 'the server makes it lower case');
  t.same(['', 'a', '-ada', 'ada lovelace', 'a'.repeat(31)].map((username) => accountErrors({ ...GOOD, username }).username), [
    'Choose a name.', 'Use 2 to 30 characters.', 'Start with a letter or a digit.', 'Use letters, digits, “-” and “_” only.', 'Use 2 to 30 characters.',
  ]);
  t.same(['', 'short', 'x'.repeat(201)].map((password) => accountErrors({ ...GOOD, password }).password), [
    'Choose a password.', 'Use at least 10 characters; this has 5.', 'Use 200 characters or fewer.',
  ]);
  t.same(Object.keys(accountErrors({ username: '', email: 'nobody', password: '' })), ['username', 'email', 'password']);
});

t.test('a refusal belongs to a field, or to the form', async (t) => {
  const fields = ['username', 'email', 'password'];
  const problem = (code: string, named: Record<string, string> = {}) => fieldsOfProblem(new Problem({ code, status: 409, message: 'it is taken', fields: named }), fields);
  t.same(problem('request_invalid', { email: 'Must be an email address.', other: 'x' }), { email: 'Must be an email address.' });
  t.same(problem('username_taken'), { username: 'It is taken.' });
  t.same(problem('registration_closed'), {});
  t.same(fieldsOfProblem(new TypeError('x'), fields), {});
});

t.test('sign in leads back, but only to this site', async (t) => {
  t.same(
    [undefined, null, {}, { from: '/ada' }, { from: '//evil.example' }, { from: '/\\evil.example' }, { from: 'https://evil.example' }, { from: 7 }].map(destinationOf),
    ['/studio', '/studio', '/studio', '/ada', '/studio', '/studio', '/studio', '/studio'],
  );
});
