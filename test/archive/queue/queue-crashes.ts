import t from 'tap';
import { z } from 'zod';
import { openDatabase } from '../../support/accounts.js';
import { openArchive } from '../../support/archived-show.js';
import { testDatabases } from '../../support/database.js';

const receipts = z.object({
  spentWinston: z.string(),
  files: z.array(z.object({ state: z.string(), arweave: z.object({ transaction: z.string() }).nullable() })),
});

for (const { name, open, skip } of testDatabases()) {
  t.test(`a crash between any two steps loses nothing, and is paid once: ${name}`, { skip }, async (t) => {
    const { open: openServer, admitted, workUntil, world, clock } = await openArchive(t, await openDatabase(t, await open(t)));
    // All places on one database, some on the other: the steps are the same.
    const stride = name === 'Postgres' ? 1 : 9;
    let crashes = 0;
    for (let at = 0; ; at += stride) {
      let calls = 0;
      const dying = openServer();
      const id = await admitted(dying, { tier: 'audio+360p', segments: 1 });
      // The server stops in the middle of a request, before or after the gateway did what it was asked for.
      const died = new Promise<'died'>((resolve) => {
        world.onCall = () => (calls++ === at ? new Promise(() => resolve('died')) : Promise.resolve());
      });
      const end = await Promise.race([died, workUntil(dying, id, ['stored'])]);
      world.onCall = async () => undefined;
      if (end !== 'died') break;
      crashes += 1;
      clock.now = new Date(clock.now.getTime() + 600_000);
      const archive = openServer();
      await workUntil(archive, id, ['stored']);
      const view = receipts.parse(await archive.receipts.view(id));
      const used = new Set(view.files.map(({ arweave }) => arweave?.transaction ?? 'none'));
      const paid = world.mined.filter((one) => used.has(one.id));
      t.ok(view.files.length === 9 && view.files.every(({ state }) => state === 'stored'), `crash at call ${at}: all is stored`);
      t.same([used.size, paid.length, world.mined.length], [3, 3, 3], `crash at call ${at}: three transactions, each charged once`);
      t.equal(BigInt(view.spentWinston), world.mined.reduce((sum, { rewardWinston }) => sum + rewardWinston, 0n));
      world.transactions.clear();
    }
    t.ok(crashes * stride > 50, `${crashes * stride} places to crash`);
  });
}
