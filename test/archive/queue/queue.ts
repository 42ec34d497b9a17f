import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { z } from 'zod';
import { ArweaveFault } from '../../../src/archive/arweave/errors.js';
import { openDatabase } from '../../support/accounts.js';
import { CHANNEL, openArchive } from '../../support/archived-show.js';
import { testDatabases } from '../../support/database.js';

const receipts = z.object({
  state: z.string(), reason: z.string().nullable(), spentWinston: z.string(), estimatedWinston: z.string().nullable(),
  pathManifest: z.object({ id: z.string(), urls: z.array(z.string()) }).nullable(),
  files: z.array(z.object({
    name: z.string(), state: z.string(), cid: z.string(), sizeBytes: z.number(),
    arweave: z.object({ item: z.string(), transaction: z.string() }).nullable(),
    receipt: z.object({ fetchedFrom: z.string() }).nullable(),
  })),
  deadLetters: z.array(z.object({ id: z.string(), step: z.string(), fault: z.string(), error: z.string() })),
});

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    t.test('a show is stored when another gateway gives all of it back', async (t) => {
      const { open, admitted, workUntil, world } = await openArchive(t, db);
      const archive = open();
      const id = await admitted(archive);
      await workUntil(archive, id, ['stored']);
      const view = receipts.parse(await archive.receipts.view(id));
      t.equal(view.files.length, 3 * 3 + 1 + 4 + 1, 'inits and segments, manifest, playlists, path manifest');
      t.ok(view.files.every(({ state, receipt }) => state === 'stored' && receipt?.fetchedFrom === 'https://check.example'));
      t.equal(BigInt(view.spentWinston), world.mined.reduce((sum, { rewardWinston }) => sum + rewardWinston, 0n), 'what the wallet was charged');
      const paths = z.object({ index: z.object({ path: z.string() }), paths: z.record(z.string(), z.object({ id: z.string() })) }).parse(JSON.parse(world.read(view.pathManifest?.id ?? '') ?? ''));
      t.equal(paths.index.path, 'master.m3u8');
      t.equal(world.read(paths.paths['source/init-0.mp4']?.id ?? ''), 'init of source', 'the broadcast plays from Arweave alone');
      t.equal(world.read(paths.paths['master.m3u8']?.id ?? ''), '#EXTM3U');
      t.match(view.pathManifest?.urls[0], /^https:\/\/check\.example\/[\w-]{43}\/master\.m3u8$/);
    });

    t.test('what everybody asks for is made once, and again when something changes', async (t) => {
      const { open, admitted, workUntil } = await openArchive(t, db);
      const archive = open();
      const id = await admitted(archive, { tier: 'manifest', holdHours: 1 });
      const text = () => archive.receipts.publicText(id, { withFiles: true });
      const held = await text();
      t.match(receipts.omit({ deadLetters: true }).parse(JSON.parse(held)), { state: 'holding', files: [{ state: 'held' }] });
      t.equal(await text(), held);
      await workUntil(archive, id, ['stored']);
      t.match(receipts.omit({ deadLetters: true }).parse(JSON.parse(await text())), { state: 'stored', files: [{ state: 'stored' }] });
      t.match(JSON.parse(await archive.receipts.publicText(id, { withFiles: false })), { state: 'stored', files: [] });
    });

    t.test('a lost chunk, a gateway that is away and one that wants to be left alone only cost time', async (t) => {
      const { open, admitted, workUntil, world } = await openArchive(t, db);
      const archive = open();
      let failures = 0;
      world.onCall = async ({ isDone, method, number }) => {
        const isLost = method === 'postChunk' && number === 2 && failures < 3;
        const isAway = method === 'status' && failures < 6;
        if (isDone || !(isLost || isAway)) return;
        failures += 1;
        throw new ArweaveFault('remote', 'it answered 429', { answerStatus: 429, retryAfterMs: 120_000 });
      };
      const id = await admitted(archive);
      await workUntil(archive, id, ['stored']);
      t.equal(failures, 6);
      t.equal(world.mined.length, 3);
    });

    t.test('a dropped transaction is posted again, and another is signed only when it can never be mined', async (t) => {
      const { open, admitted, workUntil, world, clock } = await openArchive(t, db);
      const archive = open();
      const id = await admitted(archive, { tier: 'manifest' });
      await archive.work();
      const [first] = [...world.transactions.keys()];
      world.drop();
      for (let i = 0; i < 60 && world.transactions.size === 0; i++) {
        clock.now = new Date(clock.now.getTime() + 60_000);
        await archive.work();
      }
      t.same([...world.transactions.keys()], [first], 'the same one');
      world.drop();
      world.height += 40;
      clock.now = new Date(clock.now.getTime() + 3_600_000);
      await archive.work();
      world.drop();
      world.height += 30;
      await workUntil(archive, id, ['stored']);
      t.equal(world.mined.length, 1);
      t.not(world.mined[0]?.id, first);
      const view = receipts.parse(await archive.receipts.view(id));
      t.equal(BigInt(view.spentWinston), world.mined[0]?.rewardWinston, 'what was never charged is not spent');
    });

    t.test('while one gateway cannot be asked, nothing new is signed', async (t) => {
      const { open, admitted, world, clock } = await openArchive(t, db);
      const archive = open();
      await admitted(archive, { tier: 'manifest' });
      await archive.work();
      const [first] = [...world.transactions.keys()];
      world.onCall = async ({ url, method }) => {
        if (url.includes('check') && method === 'status') throw new ArweaveFault('remote', 'it is down');
      };
      world.drop();
      world.height += 100;
      world.transactions.clear();
      for (let i = 0; i < 200; i++) {
        clock.now = new Date(clock.now.getTime() + 600_000);
        await archive.work();
      }
      t.same([...world.transactions.keys()].filter((id) => id !== first), [], 'it may be mined as far as we know');
    });

    t.test('a gateway that confirms and loses the data never makes it green', async (t) => {
      const { open, admitted, workUntil, world } = await openArchive(t, db);
      const archive = open();
      world.onFetch = () => undefined;
      const id = await admitted(archive, { tier: 'manifest' });
      t.equal(await workUntil(archive, id, ['stored', 'failed'], 5_000), 'failed');
      const { files, deadLetters } = receipts.parse(await archive.receipts.view(id));
      t.same(files.map(({ state, receipt }) => [state, receipt]), [['failed', null]]);
      t.match(deadLetters, [{ step: 'confirmed', fault: 'remote', error: 'https://check.example does not have manifest.car' }]);
      t.equal([...world.transactions.values()][0]?.rewardWinston, world.mined[0]?.rewardWinston);
      t.equal(world.mined.length, 1, 'its chunks were posted again, for nothing');
      world.onFetch = (_id, bytes) => bytes;
      const letter = deadLetters[0]?.id ?? '';
      await archive.consent.retry(letter, { broadcastId: id, channelId: CHANNEL.id }, 'ada');
      t.equal(await workUntil(archive, id, ['stored']), 'stored', 'it goes on where it stopped');
      t.equal(world.mined.length, 1);
    });

    t.test('other bytes are no proof', async (t) => {
      const { open, admitted, workUntil, world } = await openArchive(t, db);
      const archive = open();
      world.onFetch = (_id, bytes) => bytes && Buffer.from(bytes).fill(0, 0, 1);
      const id = await admitted(archive, { tier: 'manifest' });
      t.equal(await workUntil(archive, id, ['stored', 'failed'], 5_000), 'failed');
      t.match(receipts.parse(await archive.receipts.view(id)).deadLetters, [{ fault: 'remote', error: /gives other bytes for manifest.car/ }]);
    });

    t.test('a file that changed on the disk is not stored as what was signed', async (t) => {
      const { open, admitted, workUntil, mediaDir } = await openArchive(t, db);
      const archive = open();
      const id = await admitted(archive);
      const file = path.join(mediaDir, id, 'source', '1.m4s');
      const bytes = await readFile(file);
      await writeFile(file, Buffer.from(bytes).fill(0, 7, 8));
      t.equal(await workUntil(archive, id, ['stored', 'failed']), 'failed');
      const { deadLetters } = receipts.parse(await archive.receipts.view(id));
      t.match(deadLetters, [{ step: 'planned', fault: 'operator', error: 'source/1.m4s on the disk is not what was signed' }]);
      t.same(receipts.parse(await archive.receipts.view(id)).files.filter(({ arweave }) => arweave !== null).map(({ name, state }) => [name, state]), [['manifest.car', 'stored']], 'the manifest waits for nobody, and what names all waits');
      await writeFile(file, bytes);
      await archive.consent.retry(deadLetters[0]?.id ?? '', { broadcastId: id, channelId: CHANNEL.id }, 'ada');
      t.equal(await workUntil(archive, id, ['stored']), 'stored');
    });

    t.test('what cannot be paid waits, and says why', async (t) => {
      const { open, admitted, workUntil, world } = await openArchive(t, db);
      const heldBy = async (config: Parameters<typeof open>[0], manifest = 'held'): Promise<string | null> => {
        const archive = open(config);
        const id = await admitted(archive);
        t.equal(await workUntil(archive, id, ['held', 'stored']), 'held');
        const { reason, files, estimatedWinston } = receipts.parse(await archive.receipts.view(id));
        t.same(files.filter(({ state }) => state !== 'held').map(({ name, state }) => `${name} ${state}`), manifest === 'held' ? [] : [`manifest.car ${manifest}`]);
        t.ok(BigInt(estimatedWinston ?? 0) > 0n);
        await archive.consent.veto(id, { fromMs: null, toMs: null, reason: 'next' }, 'ada');
        return reason;
      };
      t.match(await heldBy({ broadcastBudgetAr: 0.0001 }, 'stored'), /^budget: 0\.00\d+ AR more would be over 0\.0001 AR in a broadcast, of which 0\.0000\d+ are spent$/);
      t.match(await heldBy({ dayBudgetAr: 0.0001 }, 'stored'), /in 24 hours/);
      t.match(await heldBy({ monthBudgetAr: 0 }), /in 30 days/);
      t.match(await heldBy({ dryRun: true }), /^dry run: nothing is sent$/);
      world.balanceWinston = 5n;
      t.match(await heldBy({}), /^wallet: none has/);
      t.equal(world.transactions.size, 2, 'nothing was sent but the manifests of those that cost too much');
      world.balanceWinston = 10n ** 13n;
      const archive = open();
      t.equal(await workUntil(archive, await admitted(archive), ['stored']), 'stored');
    });

    t.test('a budget holds what comes after, and lets it go when the day is over', async (t) => {
      const { open, admitted, workUntil, world, clock } = await openArchive(t, db);
      const archive = open({ dayBudgetAr: 0.002 });
      const first = await admitted(archive);
      await workUntil(archive, first, ['stored']);
      const second = await admitted(archive);
      t.equal(await workUntil(archive, second, ['held', 'stored']), 'held');
      t.ok(world.mined.reduce((sum, { rewardWinston }) => sum + rewardWinston, 0n) <= 2_000_000_000n);
      clock.now = new Date(clock.now.getTime() + 25 * 3_600_000);
      t.equal(await workUntil(archive, second, ['stored']), 'stored');
    });

    t.test('everything is fetched and hashed again when somebody asks', async (t) => {
      const { open, admitted, workUntil, world } = await openArchive(t, db);
      const archive = open();
      const id = await admitted(archive, { tier: 'manifest' });
      await workUntil(archive, id, ['stored']);
      await archive.consent.verify(id, 'ada');
      t.match(await archive.receipts.find(id), { state: 'storing' });
      world.onFetch = () => undefined;
      await archive.work();
      t.match(await archive.receipts.find(id), { state: 'storing' }, 'no proof, no green');
      t.match(receipts.parse(await archive.receipts.view(id)).files, [{ state: 'stored', receipt: {} }], 'what was proven once stays proven until it is lost');
      world.onFetch = (_id, bytes) => bytes;
      await workUntil(archive, id, ['stored']);
      t.equal(world.mined.length, 1);
    });

    t.test('what is lost after it was stored loses its receipt, and is looked for where it was when its files are gone here', async (t) => {
      const { open, admitted, workUntil, world, mediaDir } = await openArchive(t, db);
      const archive = open();
      const id = await admitted(archive, { tier: 'manifest' });
      await workUntil(archive, id, ['stored']);
      await rm(path.join(mediaDir, id), { recursive: true });
      world.onFetch = () => undefined;
      await archive.consent.verify(id, 'ada');
      t.equal(await workUntil(archive, id, ['failed', 'stored']), 'failed');
      const { files, deadLetters } = receipts.parse(await archive.receipts.view(id));
      t.match([files, deadLetters], [[{ state: 'failed', receipt: null }], [{ step: 'posting', fault: 'operator', error: 'manifest.car cannot be read from the disk' }]]);
      world.onFetch = (_id, bytes) => bytes;
      await archive.consent.retry(deadLetters[0]?.id ?? '', { broadcastId: id, channelId: CHANNEL.id }, 'ada');
      t.equal(await workUntil(archive, id, ['failed', 'stored']), 'stored');
      t.match(receipts.parse(await archive.receipts.view(id)).files, [{ state: 'stored', receipt: {} }]);
    });
  });
}
