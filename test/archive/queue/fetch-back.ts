import { createHash } from 'node:crypto';
import t from 'tap';
import { ArweaveFault } from '../../../src/archive/arweave/errors.js';
import { contentName } from '../../../src/archive/cid/content-hash.js';
import { fetchBack } from '../../../src/archive/queue/fetch-back.js';

const FILES = new Map(Array.from({ length: 6 }, (_, number) => [`item-${number}`, Buffer.from(`bytes of ${number}`)]));
const ITEMS = [...FILES].map(([itemId, bytes]) => {
  const { cid, sizeBytes } = contentName([bytes]);
  return { name: itemId, itemId, cid: cid.toString(), sizeBytes, content: null, sha256: createHash('sha256').update(bytes).digest('hex'), storedAt: null };
});

/** What was fetched, when a gateway answers so. */
async function fetched(answers: ((id: string) => Uint8Array | undefined)[]) {
  const stored: string[] = [];
  const asked: string[] = [];
  const gateways = answers.map((answer, at) => ({ url: `https://${at}.example`, fetchData: async (id: string) => (asked.push(`${at} ${id}`), answer(id)) }));
  const outcome = await fetchBack(ITEMS, gateways, {
    stopped: new AbortController().signal,
    onFetched: async (found) => stored.push(...found.flatMap(({ names }) => names)) >= 0,
  });
  return { outcome, stored, asked };
}

const refusing = (item: string, status?: number) => (id: string): Uint8Array | undefined => {
  if (id === item) throw new ArweaveFault('remote', 'no', status === undefined ? {} : { answerStatus: status });
  return FILES.get(id);
};

t.test('one item that a gateway does not give says nothing about the others', async (t) => {
  for (const status of [200, 403, 451]) {
    const { outcome, stored } = await fetched([refusing('item-1', status)]);
    t.match(outcome, { kind: 'missing', what: 'data' });
    t.equal(stored.length, 5);
  }
});

t.test('a gateway that does not answer is not asked for the rest', async (t) => {
  for (const status of [undefined, 429, 503]) {
    const { outcome, asked } = await fetched([() => refusing('x', status)('x')]);
    t.match(outcome, { kind: 'failed', fault: 'remote', error: 'no' });
    t.equal(asked.length, 4);
  }
});

t.test('that one does not have it is worse than that another is silent', async (t) => {
  const { outcome } = await fetched([() => undefined, () => refusing('x')('x')]);
  t.match(outcome, { kind: 'missing', error: 'https://0.example does not have item-0' });
});

t.test('what another one has by now is not fetched any further', async (t) => {
  const outcome = await fetchBack(ITEMS, [{ url: 'https://0.example', fetchData: async (id) => FILES.get(id) }], { stopped: new AbortController().signal, onFetched: async () => false });
  t.same(outcome, { kind: 'waiting', retryMs: 0 });
});
