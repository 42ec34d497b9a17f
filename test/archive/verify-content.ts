import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { CID } from 'multiformats/cid';
import t from 'tap';
import { runVerify } from '../../src/archive/index.js';
import { openDatabase } from '../support/accounts.js';
import { testDatabases } from '../support/database.js';
import { openGateway } from '../support/gateway.js';
import type { Cleanup } from '../support/until.js';

const BROADCAST = '11111111-1111-4111-8111-111111111111';
const [pglite] = testDatabases();

/** What `tidemark verify` says of a CID. */
async function verify(target: string, gateways: string[]): Promise<{ code: number; verdict: unknown }> {
  let text = '';
  const code = await runVerify({ target, gateways, isJson: true, out: { write: (piece) => { text += piece; } }, progress: { write: () => undefined } });
  return { code, verdict: JSON.parse(text) };
}

/** A gateway that gives what another has, with changes. */
async function openLiar(t: Cleanup, url: string, lie: (cid: string, bytes: Buffer) => Buffer | undefined): Promise<string> {
  return openServer(t, (request, response) => {
    void fetch(`${url}${request.url ?? ''}`).then(async (answer) => {
      const bytes = lie(/ipfs\/([^?]+)/.exec(request.url ?? '')?.[1] ?? '', Buffer.from(await answer.arrayBuffer()));
      response.writeHead(bytes === undefined ? 404 : answer.status).end(bytes);
    });
  });
}

async function openServer(t: Cleanup, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

t.test('what is under a CID', async (t) => {
  if (pglite === undefined) throw new Error('there is always the embedded database');
  const { url, root, small, large } = await openGateway(t, await openDatabase(t, await pglite.open(t)), BROADCAST);

  t.test('is true when every block is what its CID says', async (t) => {
    t.match(await verify(root, [url]), { code: 0, verdict: { isTrue: true, cid: root, files: 3, findings: [] } });
    t.match(await verify(`ipfs://${large}`, [`${url}/`]), { code: 0, verdict: { isTrue: true, cid: large, files: 1 } });
  });

  t.test('is false when a gateway changes one bit of it', async (t) => {
    const liar = await openLiar(t, url, (cid, bytes) => {
      if (cid === small) bytes[0] = (bytes[0] ?? 0) ^ 1;
      return bytes;
    });
    t.match(await verify(root, [liar]), { code: 1, verdict: { isTrue: false, files: 2, findings: [{ file: 'source/0.m4s', kind: 'missing' }] } });
    t.match(await verify(root, [liar, url]), { code: 0 }, 'another gateway gives what it should be');
  });

  t.test('is false when a chunk is missing, or the folder itself', async (t) => {
    const chunk = await openLiar(t, url, (_, bytes) => (bytes.length === 1 << 20 ? undefined : bytes));
    t.match(await verify(root, [chunk]), { code: 1, verdict: { findings: [{ file: 'source/1.m4s', kind: 'missing' }] } });
    const folder = await openLiar(t, url, (cid, bytes) => (cid === root ? undefined : bytes));
    t.match(await verify(root, [folder]), { code: 1, verdict: { files: 0, findings: [{ kind: 'missing' }] } });
  });

  t.test('cannot be told when no gateway answers', async (t) => {
    const busy = await openServer(t, (_, response) => response.writeHead(503).end());
    await t.rejects(verify(CID.parse(root).toString(), ['http://127.0.0.1:1', busy]), { message: `no gateway answers: http://127.0.0.1:1, ${busy} (503)` });
    const empty = await openServer(t, (_, response) => response.writeHead(404).end());
    t.match(await verify(root, ['http://127.0.0.1:1', empty]), { code: 1 }, 'one that does not have it does');
  });

  t.test('is not believed beyond the size of a block', async (t) => {
    const endless = await openLiar(t, url, () => Buffer.alloc(3 << 20));
    t.match(await verify(small, [endless]), { code: 1, verdict: { isTrue: false } });
  });
});
