import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import t from 'tap';
import type { Test } from 'tap';
import { FaultyGateway } from '../support/arweave-faults.js';

const ID = 'a'.repeat(43);

/** Behind it is a server that says what it was asked. */
async function open(t: Test): Promise<{ gateway: FaultyGateway; ask(where: string, body?: object): Promise<string> }> {
  const server = createServer((request, response) => void text(request).then((body) => response.end(`${request.method} ${request.url} ${body}`))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  const gateway = await FaultyGateway.open(t, `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`);
  return {
    gateway,
    ask: async (where, body) => {
      const response = await fetch(gateway.url + where, body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }).catch(() => undefined);
      if (response === undefined) return 'no answer';
      const retryAfter = response.headers.get('retry-after');
      return `${response.status} ${await response.text()}${retryAfter === null ? '' : `, again in ${retryAfter} s`}`;
    },
  };
}

t.test('a healthy gateway is passed through, and what is posted counted', async (t) => {
  const { gateway, ask } = await open(t);
  t.equal(await ask('/price/7'), '200 GET /price/7 ');
  t.equal(await ask('/tx', { id: ID }), `200 POST /tx {"id":"${ID}"}`);
  await ask('/tx', { id: ID });
  t.same([...gateway.posts], [[ID, 2]]);
  t.same(gateway.requests, ['GET /price/7', 'POST /tx', 'POST /tx']);
  t.equal(gateway.spoilt, 0);
});

t.test('one that is down, busy or broken, for so many requests', async (t) => {
  const { gateway, ask } = await open(t);
  gateway.spoil({ kind: 'down' }, 1);
  t.same([await ask('/info'), await ask('/info')], ['no answer', '200 GET /info ']);
  gateway.spoil({ kind: 'status', status: 429, retryAfterSec: 2 });
  t.same([await ask('/info'), await ask('/info')], ['429 not now, again in 2 s', '429 not now, again in 2 s']);
  gateway.spoil({ kind: 'slow', delayMs: 100 });
  const startedMs = performance.now();
  t.equal(await ask('/info'), '200 GET /info ');
  t.ok(performance.now() - startedMs > 90);
  gateway.heal();
  t.equal(await ask('/info'), '200 GET /info ');
  t.equal(gateway.spoilt, 4);
});

t.test('one that forgets what it was given', async (t) => {
  const { gateway, ask } = await open(t);
  gateway.spoil({ kind: 'drops-transactions' });
  t.equal(await ask('/tx', { id: ID }), '200 OK');
  t.equal(gateway.posts.get(ID), 1);
  t.equal(await ask('/info'), '200 GET /info ');
  gateway.spoil({ kind: 'loses-chunk', number: 1 });
  const chunk = (offset: number): Promise<string> => ask('/chunk', { offset: String(offset) });
  t.same([await chunk(262_143), await chunk(524_287), await chunk(600_000)], ['200 POST /chunk {"offset":"262143"}', '200 OK', '200 POST /chunk {"offset":"600000"}']);
});

t.test('one that has no data, or wrong ones, of what it confirms', async (t) => {
  const { gateway, ask } = await open(t);
  const data = [`/${ID}`, `/${ID}/master.m3u8`, `/raw/${ID}`, '/chunk/77'];
  for (const where of data) {
    gateway.spoil({ kind: 'loses-data' });
    t.equal(await ask(where), '404 Not Found');
    gateway.spoil({ kind: 'wrong-bytes' });
    const wrong = await ask(where);
    t.not(wrong, `200 GET ${where} `);
    t.equal(wrong.length, `200 GET ${where} `.length);
    t.equal(await ask(`/tx/${ID}/status`), `200 GET /tx/${ID}/status `);
  }
});
