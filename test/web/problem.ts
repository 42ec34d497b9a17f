import t from 'tap';
import { asSentence, plainWords, Problem, problemOf, readProblem } from '../../src/web/api/problem.js';

t.test('a problem document', async (t) => {
  const problem = problemOf(400, {
    title: 'Bad Request', status: 400, code: 'request_invalid', detail: 'the request is not valid',
    issues: [{ path: ['username'], message: 'is taken' }, { path: 'email', message: 'must be an email address' }, { path: 'username', message: 'second' }, 7, { path: [] }],
  });
  t.match(problem, { code: 'request_invalid', status: 400, message: 'the request is not valid' });
  t.same(problem.fields, { username: 'Is taken.', email: 'Must be an email address.' }, 'the first sentence for each field');
});

t.test('what is no problem document is one all the same', async (t) => {
  const page = new Response('<html>Bad Gateway</html>', { status: 502 });
  t.match(await readProblem(page), { code: 'unexpected', status: 502 });
  const limited = new Response('{}', { status: 429, headers: { 'retry-after': '90' } });
  t.match(await readProblem(limited), { code: 'unexpected', status: 429, retryAfterSec: 90 });
});

t.test('plain words', async (t) => {
  const words = (status: number, message = '', retryAfterSec?: number) => plainWords(new Problem({ code: 'x', status, message, retryAfterSec }));
  t.same([
    words(0), words(401, 'the user name or the password is wrong'), words(409), words(429, 'slow down', 12), words(429, '', 130), words(429),
    words(500, 'TypeError: x is undefined'), words(503, 'busy'), plainWords(new TypeError('x is undefined')),
  ], [
    'The server does not answer. Check your connection; this page keeps trying.',
    'The user name or the password is wrong.',
    'The server refused this (409).',
    'Too many attempts. Try again in 12 s.',
    'Too many attempts. Try again in 3 min.',
    'Too many attempts. Try again in a few minutes.',
    'The server had a problem. Try again; if it stays, tell the person who runs it.',
    'The server is busy. Try again in a moment.',
    'Something on this page went wrong. Reload it and try again.',
  ]);
  t.same(['a key', ' A key. ', 'Really?'].map(asSentence), ['A key.', 'A key.', 'Really?']);
});
