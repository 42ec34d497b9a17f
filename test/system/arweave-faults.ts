import { readFile } from 'node:fs/promises';
import t from 'tap';
import type { Test } from 'tap';
import { readWallet } from '../../src/archive/arweave/wallet-file.js';
import { openDatabase } from '../support/accounts.js';
import { openQueue, PLAYLIST, TIMEOUT_MS } from '../support/archive-queue.js';
import type { QueueOptions, QueueSite } from '../support/archive-queue.js';
import { arlocalMissing } from '../support/arlocal.js';
import type { Fault } from '../support/arweave-faults.js';
import { writeWalletFile } from '../support/arweave-wallet.js';
import { testDatabases } from '../support/database.js';

const AR = 10n ** 12n;
/** Three bundles: the manifest, the media with two chunks, and what names all of it. */
const FILES = [{ name: 'audio/0.m4s', sizeBytes: 180_000 }, { name: 'audio/1.m4s', sizeBytes: 180_000 }, { name: 'manifest.car', sizeBytes: 2_000 }];
const BUNDLES = 3;
const ITEMS = ['audio/0.m4s', 'audio/1.m4s', 'manifest.car', 'master.m3u8', 'path-manifest.json'];
/** What a gateway may come to for a while. */
const OUTAGES: Fault[] = [{ kind: 'down' }, { kind: 'status', status: 429 }, { kind: 'status', status: 503 }, { kind: 'slow', delayMs: 2 * TIMEOUT_MS }];

t.test('what goes wrong between a hash and its receipt', { skip: arlocalMissing }, async (t) => {
  const [embedded] = testDatabases();
  if (embedded === undefined) throw new Error('there is an embedded database');
  const db = await openDatabase(t, await embedded.open(t));
  const files = [await writeWalletFile(t), await writeWalletFile(t)];
  const [first = '', second = ''] = await Promise.all(files.map(async (file) => (await readWallet(file)).address));

  /** A queue with a wallet that can pay, unless a test gives its own. */
  const open = async (t: Test, options: Partial<QueueOptions> = {}): Promise<QueueSite> => {
    const site = await openQueue(t, { db, wallets: files.slice(0, 1), ...options });
    if (options.wallets === undefined) await site.arlocal.mint(first, AR);
    return site;
  };
  const rewards = async (site: QueueSite, id: string): Promise<bigint> => (await site.bundles(id)).reduce((sum, { reward_winston: reward }) => sum + BigInt(reward ?? 0), 0n);
  const retryAll = async (site: QueueSite, id: string): Promise<void> => {
    for (const bundle of await site.bundles(id)) if (bundle.state === 'dead') await site.consent.retry(bundle.id, { broadcastId: id, channelId: id }, 'ada');
  };
  /** Every byte is there, fetched back from the other gateway; each bundle was paid once. */
  const provesStored = async (t: Test, site: QueueSite, id: string): Promise<void> => {
    const receipts = await site.receipts(id);
    t.same(receipts.map(({ name }) => name), ITEMS);
    t.ok(receipts.every(({ storedAt, fetchedFrom }) => storedAt !== null && fetchedFrom === site.check.url), 'each item has its receipt, from the gateway that it was not posted to');
    for (const { name, itemId } of receipts.slice(0, FILES.length)) {
      const got = await fetch(`${site.arlocal.url}/raw/${itemId}`);
      t.ok(Buffer.from(await got.arrayBuffer()).equals(await readFile(site.fileOf(id, name))), `${name} is on Arweave`);
    }
    t.same([...site.post.posts.keys()].sort(), (await site.bundles(id)).map(({ transaction_id: one }) => one).sort(), 'one transaction for each bundle, and nothing else, was ever posted');
    t.equal(await site.arlocal.balanceOf(first), AR - await rewards(site, id), 'each was paid once');
  };

  await t.test('nothing', async (t) => {
    const site = await open(t);
    const id = await site.show(FILES);
    await site.runUntil(id, 'stored', 'failed');
    await provesStored(t, site, id);
    t.same([...site.post.posts.values()], Array.from({ length: BUNDLES }, () => 1), 'each was posted once');
    const { pathManifest } = await site.archive(id);
    t.same(Buffer.from(await (await fetch(`${site.check.url}/${pathManifest}/audio/1.m4s`)).arrayBuffer()), await readFile(site.fileOf(id, 'audio/1.m4s')), 'under the names that the playlists have');
    t.equal(await (await fetch(`${site.check.url}/${pathManifest}`)).text(), PLAYLIST, 'and the show by one id');
  });

  for (const fault of OUTAGES) {
    await t.test(`an outage: ${JSON.stringify(fault)}`, async (t) => {
      const site = await open(t);
      const gateways = [site.post, site.check];
      const id = await site.show(FILES);
      const outage = async (turns: number): Promise<void> => {
        for (const gateway of gateways) gateway.spoil(fault);
        for (let turn = 0; turn < turns; turn += 1) {
          await site.work();
          await site.pass();
        }
        for (const gateway of gateways) gateway.heal();
      };
      await outage(2);
      t.equal((await site.archive(id)).state, 'queued');
      t.same(await site.arlocal.pending(), [], 'nothing was taken');
      await site.work();
      await site.pass();
      t.equal((await site.archive(id)).state, 'storing');
      await outage(2);
      t.ok((await site.receipts(id)).every(({ storedAt }) => storedAt === null), 'nothing is green before it was fetched back');
      await site.runUntil(id, 'stored', 'failed');
      await provesStored(t, site, id);
    });
  }

  await t.test('a gateway that wants to be left alone is, for as long as it says', async (t) => {
    const site = await open(t);
    const id = await site.show(FILES);
    site.post.spoil({ kind: 'status', status: 429, retryAfterSec: 600 });
    await site.work();
    site.post.heal();
    const asked = site.post.requests.length;
    site.forwardMs(599_000);
    await site.work();
    t.equal(site.post.requests.length, asked, 'not a request before');
    site.forwardMs(2_000);
    await site.work();
    t.ok(site.post.requests.length > asked);
    await site.runUntil(id, 'stored');
    await provesStored(t, site, id);
  });

  await t.test('a chunk that is taken and forgotten is posted again', async (t) => {
    const site = await open(t);
    const id = await site.show(FILES);
    site.post.spoil({ kind: 'loses-chunk', number: 1 }, 1);
    await site.runUntil(id, 'stored', 'failed');
    t.equal(site.post.spoilt, 1);
    t.match(site.lines.find(({ message }) => message === 'a step of an archive is tried again'), { fields: { step: 'posted', fault: 'remote', error: /does not have the chunks/ } }, 'it was seen');
    await provesStored(t, site, id);
  });

  await t.test('a transaction that is dropped is posted again, the same', async (t) => {
    const site = await open(t);
    const id = await site.show(FILES);
    site.post.spoil({ kind: 'drops-transactions' });
    await site.work();
    site.post.heal();
    const signed = (await site.bundles(id)).map(({ transaction_id: one }) => one);
    t.same(await site.arlocal.pending(), [], 'it said that it has them, and has not');
    await site.runUntil(id, 'stored', 'failed');
    t.same((await site.bundles(id)).map(({ transaction_id: one }) => one), signed);
    t.same([...site.post.posts.values()], signed.map(() => 2));
    await provesStored(t, site, id);
  });

  await t.test('another one is signed only when the old can never be mined', async (t) => {
    const site = await open(t);
    const id = await site.show(FILES);
    site.post.spoil({ kind: 'drops-transactions' });
    await site.work();
    const old = (await site.bundles(id)).map(({ transaction_id: one }) => one);
    await site.arlocal.mine(70);
    site.check.spoil({ kind: 'down' });
    for (let turn = 0; turn < 3; turn += 1) {
      await site.work();
      await site.pass();
    }
    t.same([...site.post.posts.keys()], old, 'not while a gateway that may know it does not answer');
    site.check.heal();
    site.post.heal();
    await site.runUntil(id, 'stored', 'failed');
    const signed = (await site.bundles(id)).map(({ transaction_id: one }) => one);
    t.ok(signed.every((one) => !old.includes(one)), 'new ones');
    for (const one of old) t.equal((await fetch(`${site.arlocal.url}/tx/${one}/status`)).status, 404, 'the old one is nowhere');
    t.equal(await site.arlocal.balanceOf(first), AR - await rewards(site, id), 'and was not paid');
  });

  for (const kind of ['loses-data', 'wrong-bytes'] as const) {
    await t.test(`a gateway that confirms and ${kind} makes nothing green`, async (t) => {
      const site = await open(t);
      const id = await site.show(FILES);
      site.check.spoil({ kind });
      t.equal(await site.runUntil(id, 'stored', 'failed'), 'failed');
      t.match(await site.bundles(id), Array.from({ length: BUNDLES }, () => ({ state: 'dead', failed_state: 'confirmed', fault: 'remote', error: kind === 'loses-data' ? /does not have/ : /gives other bytes/ })));
      t.ok((await site.receipts(id)).every(({ storedAt }) => storedAt === null));
      site.check.heal();
      await retryAll(site, id);
      await site.runUntil(id, 'stored', 'failed');
      await provesStored(t, site, id);
    });
  }

  await t.test('a node that mines and does not keep the chunks makes nothing green', async (t) => {
    const site = await open(t);
    const id = await site.show(FILES);
    site.post.spoil({ kind: 'loses-data' });
    await site.runUntil(id, 'stored', 'failed');
    t.match(await site.bundles(id), Array.from({ length: BUNDLES }, () => ({ state: 'dead', failed_state: 'posted', fault: 'remote', error: /does not have the chunks/ })));
    site.post.heal();
    await retryAll(site, id);
    await site.runUntil(id, 'stored', 'failed');
    await provesStored(t, site, id);
  });

  await t.test('an empty wallet holds the queue until there is money', async (t) => {
    const site = await open(t, { wallets: files.slice(0, 1) });
    const id = await site.show(FILES);
    await site.runUntil(id, 'held');
    t.match(await site.archive(id), { reason: /^wallet: none/ });
    t.equal(site.post.posts.size, 0);
    await site.arlocal.mint(first, AR);
    await site.runUntil(id, 'stored', 'failed');
    await provesStored(t, site, id);
  });

  await t.test('a wallet whose payments fail is left alone, and the other pays', async (t) => {
    let believed = 2n * AR;
    const site = await open(t, { wallets: files, balanceOf: (address) => (address === first ? Promise.resolve(believed) : undefined) });
    await site.arlocal.mint(second, AR);
    const id = await site.show(FILES);
    for (let turn = 0; turn < 3; turn += 1) {
      await site.work();
      await site.pass();
    }
    t.match(site.wallets.list().find(({ address }) => address === first), { state: 'quarantined', reason: /payments in a row failed/ });
    const refused = (await site.bundles(id)).map(({ transaction_id: one }) => one);
    t.match(await site.bundles(id), refused.map(() => ({ state: 'signed', wallet: first, fault: 'operator' })));
    believed = 0n;
    await site.arlocal.mine(70);
    t.equal(await site.runUntil(id, 'stored', 'failed'), 'stored');
    t.same((await site.bundles(id)).map(({ wallet }) => wallet), refused.map(() => second), 'when what the first one signed can never be mined');
    t.equal(await site.arlocal.balanceOf(second), AR - await rewards(site, id));
  });

  await t.test('what is over the budget waits', async (t) => {
    const site = await open(t, { broadcastBudgetAr: 0 });
    const id = await site.show(FILES);
    await site.runUntil(id, 'held');
    t.match(await site.archive(id), { reason: /^budget: / });
    t.match(await site.bundles(id), [{ kind: 'manifest', state: 'stored' }, { state: 'planned' }, { state: 'planned' }], 'but for the manifest');
    t.equal(await site.arlocal.balanceOf(first), AR - await rewards(site, id));
  });
});
