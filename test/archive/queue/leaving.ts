import { rm } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { ArweaveFault } from '../../../src/archive/arweave/errors.js';
import { nextBundle } from '../../../src/archive/queue/bundle-state.js';
import { reportBundle, takeBundle } from '../../../src/archive/queue/queries.js';
import { openDatabase } from '../../support/accounts.js';
import { CHANNEL, openArchive } from '../../support/archived-show.js';
import { testDatabases } from '../../support/database.js';

const HOUR_MS = 3_600_000;

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    /** Everything is signed, and no header was taken: gateways are away. */
    const signedShow = async (t: Test) => {
      const show = await openArchive(t, db);
      const archive = show.open();
      show.world.onCall = async ({ method }) => {
        if (method === 'postTransaction') throw new ArweaveFault('remote', 'it is away');
      };
      const id = await show.admitted(archive, { tier: 'manifest' });
      await archive.work();
      t.match(await archive.receipts.find(id), { state: 'storing' });
      show.world.onCall = async () => undefined;
      show.clock.now = new Date(show.clock.now.getTime() + HOUR_MS);
      return { ...show, archive, id };
    };

    t.test('what is made private after it was planned stays here', async (t) => {
      const { open, admitted, workUntil, shows, world } = await openArchive(t, db);
      const archive = open({ monthBudgetAr: 0 });
      const id = await admitted(archive, { tier: 'manifest' });
      await workUntil(archive, id, ['held']);
      shows.visibility = 'private';
      const paid = open();
      await t.rejects(workUntil(paid, id, ['stored'], 120));
      t.match(await paid.receipts.find(id), { state: 'held', reason: 'the recording is private' });
      t.equal(world.transactions.size, 0);
      shows.visibility = 'public';
      t.equal(await workUntil(paid, id, ['stored']), 'stored');
    });

    t.test('what is made private after it was signed stays here', async (t) => {
      const { archive, id, shows, world, workUntil } = await signedShow(t);
      shows.visibility = 'private';
      await archive.work();
      t.match(await archive.receipts.find(id), { state: 'held', reason: 'the recording is private' });
      t.equal(world.transactions.size, 0);
      shows.visibility = 'public';
      t.equal(await workUntil(archive, id, ['stored']), 'stored');
      t.equal(world.mined.length, 1);
    });

    t.test('nothing leaves once the channel turns it off, or the server only tries it out', async (t) => {
      const { open, archive, id, world } = await signedShow(t);
      await open({ dryRun: true }).work();
      t.match(await archive.receipts.find(id), { state: 'held', reason: /^dry run/ });
      t.equal(world.transactions.size, 0);
      const second = await signedShow(t);
      await second.archive.consent.change(CHANNEL, { isOn: false }, 'ada');
      await second.archive.work();
      t.equal(second.world.transactions.size, 0);
      t.notMatch(await second.archive.receipts.find(second.id), { state: 'storing' });
    });

    t.test('nothing is paid for files that are gone', async (t) => {
      const { archive, id, mediaDir, world } = await signedShow(t);
      await rm(path.join(mediaDir, id, 'manifest.car'));
      await archive.work();
      t.equal(world.transactions.size, 0);
      t.match(await archive.receipts.find(id), { state: 'storing' });
    });

    t.test('a server that was too slow changes nothing any more', async (t) => {
      const { archive, id, clock, world, workUntil } = await signedShow(t);
      const lease = () => ({ now: clock.now, leaseUntil: new Date(clock.now.getTime() + 300_000) });
      const slow = await takeBundle(db, lease());
      t.equal(slow?.state, 'signed');
      if (slow === undefined) return;
      t.equal(await takeBundle(db, lease()), undefined, 'it is taken');
      clock.now = new Date(clock.now.getTime() + 301_000);
      const fast = await takeBundle(db, lease());
      t.match(fast, { id: slow.id, transaction: { id: slow.transaction?.id } });
      await reportBundle(db, slow, nextBundle(slow, { kind: 'expired' }, { baseMs: 1, random: 0 }), clock.now);
      clock.now = new Date(clock.now.getTime() + HOUR_MS);
      t.equal(await workUntil(archive, id, ['stored']), 'stored');
      t.same(world.mined.map((one) => one.id), [slow.transaction?.id], 'what was signed was not forgotten');
    });

    t.test('words of a gateway are kept as far as the database takes them', async (t) => {
      const { archive, id, world, workUntil } = await signedShow(t);
      world.onCall = async ({ method }) => {
        if (method === 'postTransaction') throw new ArweaveFault('operator', 'no\0thing \ud800 here');
      };
      t.equal(await workUntil(archive, id, ['failed']), 'failed');
      t.match(await archive.receipts.find(id), { reason: 'something has to be put right on this server' }, 'others do not see them');
      t.match(await archive.receipts.view(id), { deadLetters: [{ error: 'no thing   here' }] });
    });

    t.test('a wallet that cannot pay is waited for, and another transaction is signed when the first is over', async (t) => {
      const { archive, id, world, clock, workUntil } = await signedShow(t);
      world.onCall = async ({ method }) => {
        if (method === 'postTransaction') throw new ArweaveFault('operator', 'no money', { answerStatus: 400 });
      };
      await t.rejects(workUntil(archive, id, ['failed', 'stored'], 30));
      t.match(await archive.receipts.find(id), { state: 'storing' });
      t.ok(world.failures.length >= 3, 'the wallet is known to fail');
      world.onCall = async () => undefined;
      world.height += 100;
      clock.now = new Date(clock.now.getTime() + HOUR_MS);
      t.equal(await workUntil(archive, id, ['stored']), 'stored');
      t.equal(world.mined.length, 1);
      t.match(await archive.receipts.view(id), { log: [{ action: 'stored' }, { action: 'proven' }, { action: 'signed' }, { action: 'forgotten', detail: /^[\w-]{43} of .* winston$/ }, { action: 'signed' }, { action: 'admitted' }] });
    });
  });
}
