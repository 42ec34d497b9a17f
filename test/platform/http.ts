import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Router } from 'express';
import t from 'tap';
import type { Test } from 'tap';
import { z } from 'zod';
import { AppError, createHttpApp, HttpServer, parseBody } from '../../src/platform/index.js';
import { recordingLog } from '../support/log.js';

const tide = z.strictObject({ port: z.string().min(2), heights: z.array(z.number()) });

async function serve(t: Test, options: { trustProxy?: number; requestTimeoutMs?: number; stopGraceMs?: number; isLong?: () => boolean } = {}) {
  const log = recordingLog();
  const { trustProxy = 0, ...timeouts } = options;
  const router = Router();
  let requestArrived: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => { requestArrived = resolve; });
  let answer: () => void = () => undefined;
  const released = new Promise<void>((resolve) => { answer = resolve; });
  router.post('/tides', (request, response) => { response.json(parseBody(tide, request)); });
  router.get('/who', (request, response) => { response.json({ ip: request.ip, secure: request.secure }); });
  router.get('/bug', () => { throw new TypeError('secret detail'); });
  router.get('/half', (_request, response) => { response.write('half'); throw new Error('broke in the middle'); });
  router.get('/hidden', () => { throw new AppError('disk_gone', 'the disk /dev/x is gone', { cause: new Error('EIO') }); });
  router.get('/wait', () => { throw new AppError('busy', 'come later', { status: 503, expose: true, detail: { retryAfterSec: 7 } }); });
  router.get('/private', () => { throw new AppError('unauthenticated', 'sign in first', { status: 401 }); });
  router.get('/slow', async (_request, response) => { requestArrived(); await released; response.send('done'); });
  const handler = createHttpApp({ trustProxy, log, bare: [{ path: '/bare', handler: (_request, response) => { response.end('bare'); } }], routes: [{ path: '/api', handler: router }] });
  const server = new HttpServer({ handler, bindAddress: '127.0.0.1', port: 0, log, ...timeouts });
  t.after(() => server.stop());
  await server.start();
  const base = `http://127.0.0.1:${server.port}`;
  return { base, server, log, arrived, answer };
}

const json = (body: string): RequestInit => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body });

async function problem(url: string, init?: RequestInit) {
  const response = await fetch(url, init);
  const body: unknown = await response.json();
  return { status: response.status, type: response.headers.get('content-type'), headers: response.headers, body };
}

/** Sends a byte of a body every 50 ms until it is cut off. */
function drip(t: Test, port: number, request: string): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.write(`${request} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n`);
  const drops = setInterval(() => socket.write('{'), 50);
  socket.on('error', () => undefined).once('close', () => clearInterval(drops));
  t.after(() => socket.destroy());
  return socket;
}

t.test('problems', async (t) => {
  const { base, log } = await serve(t);

  t.test('an invalid body names each field and its rule', async (t) => {
    const { status, type, body } = await problem(`${base}/api/tides`, json('{"port":"x","heights":[1,"two"],"moon":1}'));
    t.equal(status, 400);
    t.equal(type, 'application/problem+json; charset=utf-8');
    t.strictSame(body, {
      issues: [
        { path: 'port', message: 'Too small: expected string to have >=2 characters' },
        { path: 'heights.1', message: 'Invalid input: expected number, received string' },
        { path: '', message: 'Unrecognized key: "moon"' },
      ],
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: 'port: Too small: expected string to have >=2 characters; heights.1: Invalid input: expected number, received string; Unrecognized key: "moon"',
      code: 'request_invalid',
    });
  });

  t.test('a valid one passes', async (t) => {
    const response = await fetch(`${base}/api/tides`, json('{"port":"Brest","heights":[1.5]}'));
    t.strictSame(await response.json(), { port: 'Brest', heights: [1.5] });
    t.equal(response.headers.get('cache-control'), 'no-store');
  });

  t.test('what is wrong with a request is its problem, not ours', async (t) => {
    const big = JSON.stringify({ port: 'x'.repeat(65_536) });
    const cases: [string, RequestInit | undefined, number, string][] = [
      ['/api/tides', json('{"port":'), 400, 'request_malformed'],
      ['/api/tides', json(big), 413, 'body_too_large'],
      ['/api/tides', { method: 'POST', body: 'plain' }, 400, 'request_invalid'],
      ['/api/tides', { ...json('{}'), headers: { 'content-type': 'application/json', 'content-encoding': 'rot13' } }, 415, 'request_malformed'],
      ['/api/%E0%A4%A', undefined, 404, 'not_found'],
      ['/api/nothing', undefined, 404, 'not_found'],
      ['/nothing', undefined, 404, 'not_found'],
    ];
    for (const [path, init, status, code] of cases) t.match((await problem(base + path, init)).body, { status, code }, `${path} ${code}`);
    t.strictSame(log.lines.filter((line) => line.level === 'error'), []);
  });

  t.test('what is wrong with us is logged once and not told', async (t) => {
    const hidden = { type: 'about:blank', title: 'Internal Server Error', status: 500, detail: 'the server could not do this; its log says why', code: 'internal' };
    t.strictSame((await problem(`${base}/api/bug?token=secret`)).body, hidden);
    t.strictSame((await problem(`${base}/api/hidden`)).body, hidden);
    const errors = log.lines.filter((line) => line.level === 'error');
    t.strictSame(errors.map(({ fields: { cause, ...rest } }) => rest), [
      { method: 'GET', path: '/api/bug', code: 'internal', error: 'secret detail' },
      { method: 'GET', path: '/api/hidden', code: 'disk_gone', error: 'the disk /dev/x is gone' },
    ]);
    t.match(String(errors[1]?.fields['cause']), /EIO/);
  });

  t.test('half an answer does not look whole', async (t) => {
    await t.rejects(fetch(`${base}/api/half`).then((response) => response.text()));
  });

  t.test('headers that clients act on', async (t) => {
    t.equal((await problem(`${base}/api/wait`)).headers.get('retry-after'), '7');
    t.equal((await problem(`${base}/api/private`)).headers.get('www-authenticate'), 'Bearer');
  });
});

t.test('security headers', async (t) => {
  const { base } = await serve(t);
  const { headers } = await fetch(`${base}/api/who`);
  t.equal(headers.get('content-security-policy'), [
    "default-src 'self'", "script-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data: blob:",
    "media-src 'self' blob:", "worker-src 'self' blob:", "connect-src 'self' ws: wss:", "object-src 'none'", "base-uri 'self'",
    "form-action 'self'", "frame-ancestors 'none'",
  ].join(';'));
  t.equal(headers.get('x-content-type-options'), 'nosniff');
  t.equal(headers.get('x-powered-by'), null);
  const bare = await fetch(`${base}/bare`);
  t.equal(bare.headers.get('content-security-policy'), null, 'bare mounts set their own');
});

t.test('proxies are believed as far as configured', async (t) => {
  const forwarded = { headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' } };
  const direct = await serve(t);
  t.strictSame(await (await fetch(`${direct.base}/api/who`, forwarded)).json(), { ip: '127.0.0.1', secure: false });
  const proxied = await serve(t, { trustProxy: 1 });
  t.strictSame(await (await fetch(`${proxied.base}/api/who`, forwarded)).json(), { ip: '203.0.113.9', secure: true });
});

t.test('HttpServer', async (t) => {
  t.test('an occupied port names the setting', async (t) => {
    const { server } = await serve(t);
    const options = { handler: () => undefined, log: recordingLog() };
    const second = new HttpServer({ ...options, bindAddress: '127.0.0.1', port: server.port });
    await t.rejects(second.start(), {
      code: 'listen_failed',
      message: `TCP port ${server.port} on 127.0.0.1 is in use: stop the other program, or set another http.port (HTTP_PORT)`,
    });
    await second.stop();
    const elsewhere = new HttpServer({ ...options, bindAddress: '192.0.2.1', port: 0 });
    await t.rejects(elsewhere.start(), { message: 'this machine has no address 192.0.2.1: correct http.bindAddress (BIND_ADDRESS)' });
  });

  t.test('a stop lets an answer finish, and closes idle connections at once', async (t) => {
    const { server, base, arrived, answer } = await serve(t);
    const idle = connect(server.port, '127.0.0.1');
    idle.write('GET /api/who HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(idle, 'data');
    const idleClosed = once(idle, 'close');
    const pending = fetch(`${base}/api/slow`);
    await arrived;
    const stopped = server.stop();
    await idleClosed;
    await t.rejects(fetch(`${base}/api/who`), 'new connections are refused');
    answer();
    t.equal(await (await pending).text(), 'done');
    await stopped;
  });

  t.test('a stop cuts what does not finish in its grace', async (t) => {
    const { server, base, arrived } = await serve(t, { stopGraceMs: 50 });
    const pending = fetch(`${base}/api/slow`);
    const cut = t.rejects(pending);
    await arrived;
    await server.stop();
    await cut;
  });

  t.test('a request that does not arrive is given up', async (t) => {
    const { server } = await serve(t, { requestTimeoutMs: 200 });
    const slow = connect(server.port, '127.0.0.1');
    slow.write('POST /api/tides HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{');
    const [answer] = await once(slow, 'data');
    t.match(String(answer), /^HTTP\/1\.1 408 /);
    await once(slow, 'close');
  });

  t.test('a long request may take several times as long while something of it arrives', async (t) => {
    const { server } = await serve(t, { requestTimeoutMs: 200, isLong: () => true });
    const slow = connect(server.port, '127.0.0.1');
    const startedMs = performance.now();
    const body = '{"port":"Brest","heights":[1]}';
    slow.write(`POST /api/tides HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`);
    const answered = once(slow, 'data');
    for (const letter of body) {
      slow.write(letter);
      await delay(25);
    }
    t.match(String((await answered)[0]), /^HTTP\/1\.1 200 /);
    t.ok(performance.now() - startedMs > 600, 'it outlasted the time of other requests');
    const silent = connect(server.port, '127.0.0.1');
    silent.write('POST /api/tides HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{');
    t.match(String((await once(silent, 'data'))[0]), /^HTTP\/1\.1 408 /, 'one that falls silent is given up');
    slow.destroy();
  });

  t.test('a body that drips on after its answer is cut off, also of a long request', async (t) => {
    const { server } = await serve(t, { requestTimeoutMs: 200, isLong: () => true });
    const answered = drip(t, server.port, 'POST /api/nowhere');
    t.match(String((await once(answered, 'data'))[0]), /^HTTP\/1\.1 404 /);
    await new Promise((resolve) => answered.once('close', resolve)); // by a reset, when a drop was under way
    const bodiless = drip(t, server.port, 'GET /api/slow');
    t.match(String((await once(bodiless, 'data'))[0]), /^HTTP\/1\.1 408 /, 'what needs no body is not long');
  });

  t.test('rubbish is refused and harms nobody', async (t) => {
    const { server, base } = await serve(t);
    const rude = connect(server.port, '127.0.0.1');
    rude.write('\x03\x00\x00\x00 not http\r\n\r\n');
    const [answer] = await once(rude, 'data');
    t.match(String(answer), /^HTTP\/1\.1 400 /);
    t.equal((await fetch(`${base}/api/who`)).status, 200);
  });
});
