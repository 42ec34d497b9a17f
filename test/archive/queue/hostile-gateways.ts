import t from 'tap';
import { greatestHeight } from '../../../src/archive/queue/network.js';
import { openDatabase } from '../../support/accounts.js';
import { openArchive } from '../../support/archived-show.js';
import { testDatabases } from '../../support/database.js';

const [pglite] = testDatabases();

t.test('gateways that lie', async (t) => {
  if (pglite === undefined) throw new Error('there is always the embedded database');
  const db = await openDatabase(t, await pglite.open(t));

  /** An archive, and what its gateways say instead. */
  const world = async () => {
    const show = await openArchive(t, db);
    const [post] = show.world.network.post;
    const [check] = show.world.network.check;
    if (post === undefined || check === undefined) throw new Error('there are two gateways');
    return { ...show, post, check };
  };

  t.test('a height beyond all chains does not keep a lost transaction for ever', async (t) => {
    const { check, world: { network, height } } = await world();
    check.height = async () => Number.MAX_SAFE_INTEGER;
    t.equal(await greatestHeight(network, height), height + 100);
    check.height = async () => height + 7;
    t.equal(await greatestHeight(network, height), height + 7, 'one that is a little ahead is believed');
  });

  t.test('a price that grows between the question and the signature is held against the budget', async (t) => {
    const { open, admitted, post, clock, world: arweave } = await world();
    let asked = 0;
    post.price = async () => (asked++ % 2 === 0 ? 1n : 10n ** 29n);
    const archive = open();
    const id = await admitted(archive, { tier: 'manifest' });
    for (let i = 0; i < 5; i++) {
      await archive.work();
      clock.now = new Date(clock.now.getTime() + 3_600_000);
    }
    t.equal(arweave.transactions.size, 0, 'nothing was signed');
    t.match(await archive.receipts.find(id), { state: 'held', reason: /budget|wallet/ });
  });

  t.test('a transaction that is confirmed without being there is neither stored nor paid again', async (t) => {
    const { open, admitted, workUntil, post, world: arweave } = await world();
    post.postTransaction = async () => undefined;
    post.postChunk = async () => undefined;
    post.checkSeeded = async () => true;
    post.status = async () => ({ kind: 'confirmed', confirmations: Number.MAX_SAFE_INTEGER });
    const archive = open();
    const id = await admitted(archive, { tier: 'manifest' });
    t.equal(await workUntil(archive, id, ['stored', 'failed'], 2_000), 'failed');
    t.equal(arweave.transactions.size, 0);
    t.same((await archive.receipts.view(id)).files.filter(({ state }) => state === 'stored'), [], 'no file has a receipt');
  });
});
