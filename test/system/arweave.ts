import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { z } from 'zod';
import { readWallet } from '../../src/archive/arweave/wallet-file.js';
import { keyBytesOf } from '../../src/archive/manifest/did-bytes.js';
import { startApp } from '../support/app.js';
import { arlocalMissing, startArlocal } from '../support/arlocal.js';
import { FaultyGateway } from '../support/arweave-faults.js';
import { writeWalletFile } from '../support/arweave-wallet.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { until } from '../support/until.js';

const run = promisify(execFile);
const AR = 10n ** 12n;
const SECONDS = 8;
/** The server looks at a transaction that is not mined once a minute, and there are three such looks. */
const STORED_WITHIN_MS = 240_000;
const live = z.object({ broadcasts: z.array(z.object({ id: z.string() })) });
const receipts = z.object({
  state: z.string(), reason: z.string().nullable(), spentWinston: z.string(),
  pathManifest: z.object({ id: z.string() }).nullable(),
  files: z.array(z.object({
    name: z.string(), state: z.string(), sizeBytes: z.number(),
    arweave: z.object({ item: z.string(), transaction: z.string() }).nullable(),
    receipt: z.object({ fetchedFrom: z.string() }).nullable(),
  })),
});

t.test('a show is stored on Arweave, and plays from there when the server is gone', { skip: arlocalMissing }, async (t) => {
  const arlocal = await startArlocal(t);
  const [post, check] = [await FaultyGateway.open(t, arlocal.url), await FaultyGateway.open(t, arlocal.url)];
  const wallet = await writeWalletFile(t);
  const { address } = await readWallet(wallet);
  await arlocal.mint(address, AR);
  const app = await startApp(t, {
    transcode: { ladder: ['360p'] },
    archive: { arweave: { walletFiles: [wallet], gatewayUrls: [post.url], checkGatewayUrls: [check.url], confirmations: 1 } },
  });
  t.equal((await app.api('PATCH', '/api/v1/channels/ada/archive', { isOn: true, tier: 'all', holdHours: 0, confirm: 'ada' })).status, 200);

  const source = await makeSourceFile(t, obsLike({ size: '640x480', seconds: SECONDS }));
  publish(t, { url: app.publishUrl, args: copyOf(source) });
  const id = await until('a broadcast on air', async () => live.parse(await (await app.get('/api/v1/live')).json()).broadcasts[0]?.id);
  const key = await until('the key of the channel', async () => {
    const response = await app.get('/api/v1/channels/ada/signing-key');
    return response.ok ? z.object({ key: z.string() }).parse(await response.json()).key : undefined;
  });
  // arlocal unpacks only items of owners that it has seen.
  await arlocal.mint(createHash('sha256').update(keyBytesOf(key)).digest('base64url'), 1n);

  const states = new Set<string>();
  const view = await until('the receipts', async () => {
    const response = await app.get(`/api/v1/broadcasts/${id}/receipts`);
    if (!response.ok) return undefined;
    const seen = receipts.parse(await response.json());
    states.add(seen.state);
    if (post.posts.size > 0) await arlocal.mine().catch(() => undefined);
    return ['stored', 'failed', 'held'].includes(seen.state) ? seen : undefined;
  }, STORED_WITHIN_MS);
  t.match(view, { state: 'stored', reason: null });
  t.ok(states.has('storing'), 'it was seen on its way');
  t.ok(view.files.length > 10 && view.files.every(({ state, receipt }) => state === 'stored' && receipt?.fetchedFrom === check.url), 'every file has its receipt, from the other gateway');
  t.same([...post.posts.keys()].sort(), [...new Set(view.files.map(({ arweave }) => arweave?.transaction))].sort(), 'many files to a transaction');
  t.equal(await arlocal.balanceOf(address), AR - BigInt(view.spentWinston), 'it cost what it says');
  await app.app.stop();

  const show = `${check.url}/${view.pathManifest?.id}`;
  const played = await run('ffprobe', ['-v', 'error', '-show_entries', 'format=duration:stream=codec_type', '-of', 'json', '-allowed_extensions', 'ALL', `${show}/master.m3u8`]);
  const { format, streams } = z.object({ format: z.object({ duration: z.coerce.number() }), streams: z.array(z.object({ codec_type: z.string() })) }).parse(JSON.parse(played.stdout));
  t.ok(Math.abs(format.duration - SECONDS) < 1, 'the whole show plays by one address');
  t.same([...new Set(streams.map(({ codec_type: type }) => type))].sort(), ['audio', 'video']);
  t.equal(played.stderr, '', 'without a complaint');

  const copy = await mkdtemp(path.join(tmpdir(), 'tidemark-weave-'));
  t.after(() => rm(copy, { recursive: true, force: true }));
  for (const { name } of view.files.filter((file) => file.name !== 'path-manifest.json')) {
    await mkdir(path.dirname(path.join(copy, name)), { recursive: true });
    await writeFile(path.join(copy, name), Buffer.from(await (await fetch(`${show}/${name}`)).arrayBuffer()));
  }
  const { stdout } = await run(process.execPath, [path.resolve('dist/tidemark.js'), 'verify', '--key', key, copy]);
  t.match(stdout, /true: every byte is what was signed/, 'what Arweave gives is what the channel signed');
});
