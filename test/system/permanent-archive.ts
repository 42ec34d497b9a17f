import { once } from 'node:events';
import { createServer } from 'node:http';
import t from 'tap';
import { z } from 'zod';
import { startApp, stringOf } from '../support/app.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { until } from '../support/until.js';
import type { Cleanup } from '../support/until.js';

const listed = z.object({ archives: z.array(z.object({ broadcast: z.string(), title: z.string(), state: z.string(), reason: z.string().nullable(), files: z.number(), filesStored: z.number() })) });
const view = z.object({ state: z.string(), files: z.array(z.object({ name: z.string(), state: z.string(), startUs: z.number().nullable() })), log: z.array(z.object({ by: z.string(), action: z.string() })) });

const queue = z.object({ queue: z.object({ held: z.number() }) });

/** A gateway that knows prices and the height of the chain. */
async function startGateway(t: Cleanup): Promise<string> {
  const server = createServer(({ url = '' }, response) => void response.end(url.startsWith('/price') ? '1000000' : JSON.stringify({ height: 5 })));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

t.test('a show is held for its people to decide, and waits for a wallet', async (t) => {
  const gateway = await startGateway(t);
  const app = await startApp(t, { transcode: { ladder: ['360p'] }, archive: { arweave: { gatewayUrls: [gateway], checkGatewayUrls: [gateway] } } });
  const settings = (body: object) => app.api('PATCH', '/api/v1/channels/ada/archive', body);
  const eve = await fetch(`${app.url}/api/v1/auth/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username: 'eve', email: 'eve@example.org', password: 'sea of crises' }) });
  const headers = { authorization: `Bearer ${stringOf(await eve.json(), 'accessToken')}` };
  const asEve = async (where: string): Promise<number> => (await fetch(`${app.url}${where}`, { headers })).status;

  const unconfirmed = await settings({ isOn: true });
  t.same([unconfirmed.status, stringOf(await unconfirmed.json(), 'code')], [400, 'archive_not_confirmed']);
  t.match(await (await settings({ isOn: true, confirm: 'ada', tier: 'audio+360p' })).json(), { isOn: true, holdHours: 24, turnedOnBy: 'ada', problem: 'this server has no wallet that pays' });
  t.same(await Promise.all(['/api/v1/channels/ada/archive', '/api/v1/channels/ada/archive/broadcasts', '/api/v1/admin/archive'].map(asEve)), [403, 403, 403]);

  const source = await makeSourceFile(t, obsLike({ size: '640x480', seconds: 8 }));
  publish(t, { url: app.publishUrl, args: copyOf(source) });
  const archives = async () => listed.parse(await (await app.api('GET', '/api/v1/channels/ada/archive/broadcasts')).json()).archives;
  const { broadcast: id, files } = await until('a show in the archive', async () => (await archives()).find(({ state }) => state === 'holding'), 60_000);
  t.ok(files > 5);
  const archive = async () => view.parse(await (await app.api('GET', `/api/v1/broadcasts/${id}/archive`)).json());
  t.same([...new Set((await archive()).files.map(({ name }) => name.split('/')[0]))].sort(), ['360p', 'audio', 'manifest.car']);
  t.match(await (await app.get(`/api/v1/broadcasts/${id}/receipts`)).json(), { state: 'holding', pathManifest: null, pins: [] }, 'everybody sees what there is to see');
  t.match(await (await app.api('GET', `/api/v1/broadcasts/${id}/archive/estimate`)).json(), [{ tier: 'manifest', winston: '1000000', gateway }, { tier: 'audio+360p' }, { tier: 'all' }]);

  const startUs = Math.min(...(await archive()).files.flatMap((file) => file.startUs ?? []));
  t.equal((await app.api('POST', `/api/v1/broadcasts/${id}/archive/veto`, { fromMs: 5, toMs: 1, reason: 'backwards' })).status, 400);
  t.equal((await app.api('POST', `/api/v1/broadcasts/${id}/archive/veto`, { fromMs: 0, toMs: Math.ceil(startUs / 1_000) + 1_000, reason: 'a name' })).status, 200);
  t.equal((await app.api('POST', `/api/v1/broadcasts/${id}/archive/release`, {})).status, 200);
  const held = await until('an archive that waits', async () => (await archives()).find(({ state }) => state === 'held'));
  t.match(held, { reason: 'wallet: none is configured', filesStored: 0 });
  const { files: after, log } = await archive();
  t.same(after.filter(({ state }) => state === 'vetoed').map(({ name }) => name).sort(), ['360p/0.m4s', 'audio/0.m4s'], 'times are those of the broadcast');
  t.same(log.map(({ action }) => action), ['released', 'vetoed', 'admitted']);
  const operated = await until('manifest and media that are held', async () => {
    const seen = await (await app.api('GET', '/api/v1/admin/archive')).json();
    return queue.parse(seen).queue.held === 2 ? seen : undefined;
  });
  t.match(operated, { queue: { dead: 0 }, wallets: [], gateways: [{ isUp: true }, { isUp: true }], dryRun: false, deadLetters: [] });
  t.match(await (await app.get('/metrics')).text(), /^tidemark_archive_waiting \d+$/m);
  t.equal(await asEve(`/api/v1/broadcasts/${id}/archive`), 403);
  t.equal((await app.api('POST', '/api/v1/archive/dead-letters/nonsense/retry', {})).status, 404);

  const answers = await Promise.all(Array.from({ length: 40 }, () => settings({ holdHours: 24 })));
  const refused = answers.filter(({ status }) => status === 429);
  t.ok(refused.length > 0 && refused.every(({ headers }) => Number(headers.get('retry-after')) > 0), 'who changes his mind without end is told when to come back');
  t.ok(answers.some(({ status }) => status === 200), 'and may change it before');
});
