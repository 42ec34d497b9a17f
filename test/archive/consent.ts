import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sql } from 'kysely';
import t from 'tap';
import { z } from 'zod';
import { runDecrypt } from '../../src/archive/decrypt/run-decrypt.js';
import { decryptFile } from '../../src/archive/keys/archive-cipher.js';
import { openDatabase } from '../support/accounts.js';
import { CHANNEL, openArchive } from '../support/archived-show.js';
import { testDatabases } from '../support/database.js';

const HOUR_MS = 3_600_000;
const view = z.object({
  state: z.string(), isEncrypted: z.boolean(), pathManifest: z.object({}).nullable(),
  files: z.array(z.object({ name: z.string(), state: z.string(), arweave: z.object({ item: z.string() }).nullable() })),
  vetoes: z.array(z.object({ fromMs: z.number().nullable(), reason: z.string(), by: z.string() })),
  log: z.array(z.object({ by: z.string(), action: z.string() })),
});

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    t.test('nothing is stored before the owner says so, by name', async (t) => {
      const { open, show, world } = await openArchive(t, db);
      const archive = open();
      const id = await show();
      await archive.admit({ id, channelId: CHANNEL.id, slug: CHANNEL.slug });
      t.equal(await archive.receipts.find(id), undefined);
      await t.rejects(archive.consent.change(CHANNEL, { isOn: true }, 'ada'), { code: 'archive_not_confirmed', status: 400 });
      await t.rejects(archive.consent.change(CHANNEL, { isOn: true, confirm: 'eve' }, 'ada'), { code: 'archive_not_confirmed' });
      t.match(await archive.consent.settings(CHANNEL.id), { isOn: false, holdHours: 24 });
      t.match(await archive.consent.change(CHANNEL, { isOn: true, confirm: 'ada' }, 'ada'), { isOn: true, turnedOnBy: 'ada' });
      t.equal(world.transactions.size, 0);
    });

    t.test('a show is held, and what is vetoed meanwhile is never sent', async (t) => {
      const { open, admitted, workUntil, world, clock } = await openArchive(t, db);
      const archive = open();
      const id = await admitted(archive, { holdHours: 24, segments: 4 });
      clock.now = new Date(clock.now.getTime() + 23 * HOUR_MS);
      await archive.work();
      t.match(await archive.receipts.find(id), { state: 'holding' });
      await archive.consent.veto(id, { fromMs: 2_500, toMs: 4_000, reason: 'a face' }, 'mod');
      t.match(await archive.receipts.find(id), { state: 'holding' });
      clock.now = new Date(clock.now.getTime() + HOUR_MS);
      await workUntil(archive, id, ['stored']);
      const { files, vetoes, log } = view.parse(await archive.receipts.view(id));
      t.same(files.filter(({ state }) => state === 'vetoed').map(({ name }) => name).sort(), ['360p/1.m4s', 'audio/1.m4s', 'source/1.m4s'], 'those that touch the range, and no others');
      t.ok(files.filter(({ state }) => state === 'vetoed').every(({ arweave }) => arweave === null));
      t.match(vetoes, [{ fromMs: 2_500, reason: 'a face', by: 'mod' }]);
      t.same(log.map(({ action, by }) => `${action} by ${by}`), ['stored by server', ...Array.from({ length: 3 }, () => 'proven by server'), ...Array.from({ length: 3 }, () => 'signed by server'), 'vetoed by mod', 'admitted by server']);
      t.ok(world.mined.length > 0);
      await t.rejects(archive.consent.veto(id, { fromMs: null, toMs: null, reason: 'too late' }, 'mod'), { code: 'archive_already_posted', status: 409 });
    });

    t.test('all of it can be vetoed, also while it waits for money', async (t) => {
      const { open, admitted, workUntil, world } = await openArchive(t, db);
      const archive = open({ dayBudgetAr: 0 });
      const id = await admitted(archive);
      t.equal(await workUntil(archive, id, ['held']), 'held');
      await archive.consent.veto(id, { fromMs: 0, toMs: 1_000, reason: 'a name' }, 'ada');
      t.match(await archive.receipts.find(id), { state: 'holding' }, 'it is planned anew');
      t.equal(await workUntil(archive, id, ['held']), 'held');
      const sent = await archive.consent.veto(id, { fromMs: null, toMs: null, reason: 'all of it' }, 'ada');
      await open().work();
      t.match(await archive.receipts.find(id), { state: 'vetoed' });
      t.match(await archive.receipts.publicView(id, { withFiles: true }), { state: 'vetoed', reason: null }, 'why is not for everybody');
      t.same(sent, [...world.transactions.keys()]);
      t.equal(sent.length, 1, 'the manifest, once');
    });

    t.test('a veto of a range leaves the manifest alone, wherever that is', async (t) => {
      const { open, admitted, workUntil, world } = await openArchive(t, db);
      const poor = open({ dayBudgetAr: 0 });
      const id = await admitted(poor, { isEncrypted: true });
      world.onCall = async ({ method, isDone }) => {
        if (method === 'postTransaction' && isDone) await poor.consent.veto(id, { fromMs: 0, toMs: 1_000, reason: 'a name' }, 'ada');
      };
      t.equal(await workUntil(poor, id, ['held']), 'held');
      world.onCall = async () => undefined;
      t.equal(await workUntil(open(), id, ['stored']), 'stored');
      const { files } = view.parse(await poor.receipts.view(id));
      t.same(files.filter(({ state }) => state !== 'stored').map(({ name, state }) => `${name} ${state}`).sort(), ['360p/0.m4s vetoed', 'audio/0.m4s vetoed', 'source/0.m4s vetoed']);
      t.equal(world.mined.length, 3, 'the manifest was sent once');
      await poor.consent.change(CHANNEL, { isEncrypted: false, confirm: 'ada' }, 'ada');
    });

    t.test('a hundred ranges of a show can be kept out, and then all of it', async (t) => {
      const { open, admitted } = await openArchive(t, db);
      const archive = open();
      const id = await admitted(archive, { holdHours: 24 });
      const keepOut = (fromMs: number, toMs: number | null) => archive.consent.veto(id, { fromMs, toMs, reason: 'a face' }, 'mod');
      for (let number = 0; number < 100; number += 1) await keepOut(number, number + 1);
      await t.rejects(keepOut(0, 200), { code: 'archive_ranges_too_many', status: 409, detail: { max: 100 } });
      t.equal(view.parse(await archive.receipts.view(id)).vetoes.length, 100);
      await archive.consent.veto(id, { fromMs: null, toMs: null, reason: 'all' }, 'mod');
      t.match(await archive.receipts.find(id), { state: 'vetoed' });
    });

    t.test('a veto while it is being signed comes in time', async (t) => {
      const { open, admitted, world } = await openArchive(t, db);
      const archive = open();
      const id = await admitted(archive);
      world.onCall = async ({ method, isDone }) => {
        if (method === 'anchor' && isDone) await archive.consent.veto(id, { fromMs: null, toMs: null, reason: 'now' }, 'ada');
      };
      await archive.work();
      t.match(await archive.receipts.find(id), { state: 'vetoed' });
      t.equal(world.transactions.size, 0);
    });

    t.test('what is partly sent can be stopped, and it is said what is out', async (t) => {
      const { open, admitted, world } = await openArchive(t, db);
      const archive = open();
      const stops = {
        veto: (id: string) => archive.consent.veto(id, { fromMs: null, toMs: null, reason: 'stop' }, 'ada'),
        off: async () => (await archive.consent.change(CHANNEL, { isOn: false }, 'ada')).sent,
      };
      for (const stop of [stops.veto, stops.off]) {
        const id = await admitted(archive);
        const sent: string[] = [];
        world.onCall = async ({ method, isDone }) => {
          if (method === 'postTransaction' && isDone && world.transactions.size === 2) sent.push(...await stop(id));
        };
        await archive.work();
        world.onCall = async () => undefined;
        await archive.work();
        t.match(await archive.receipts.find(id), { state: 'vetoed' });
        t.same(sent, [...world.transactions.keys()], 'the manifest and the media');
        t.equal(sent.length, 2);
        const { files } = view.parse(await archive.receipts.view(id));
        t.notOk(files.some(({ name }) => name === 'master.m3u8'), 'what names all of it was not signed');
        t.ok(files.find(({ name }) => name === 'source/1.m4s')?.arweave, 'what was signed keeps its name');
        t.notOk((await archive.receipts.listNeeded()).includes(id), 'its files may go');
        world.transactions.clear();
      }
    });

    t.test('of a recording that was deleted nothing more is sent', async (t) => {
      const { open, admitted, world, clock, db: rows } = await openArchive(t, db);
      const archive = open();
      const id = await admitted(archive, { holdHours: 24 });
      await archive.consent.forget(id);
      await sql`delete from broadcasts where id = ${id}`.execute(rows);
      clock.now = new Date(clock.now.getTime() + 25 * HOUR_MS);
      await archive.work();
      t.match(await archive.receipts.find(id), { state: 'vetoed', reason: 'the recording was deleted' }, 'it is known that there was one');
      t.equal(world.transactions.size, 0);
    });

    t.test('two who change settings at once both get what they want', async (t) => {
      const { open } = await openArchive(t, db);
      const { consent } = open();
      await consent.change(CHANNEL, { isOn: true, confirm: 'ada' }, 'ada');
      await Promise.all([consent.change(CHANNEL, { isOn: false }, 'ada'), consent.change(CHANNEL, { holdHours: 48 }, 'bob'), consent.change(CHANNEL, { tier: 'manifest' }, 'eve')]);
      t.match(await consent.settings(CHANNEL.id), { isOn: false, holdHours: 48, tier: 'manifest' });
    });

    t.test('whatever stores more, for more eyes or sooner, is confirmed by the owner', async (t) => {
      const { open } = await openArchive(t, db);
      const { consent } = open();
      await consent.change(CHANNEL, { isOn: true, isEncrypted: true, confirm: 'ada' }, 'ada');
      for (const wider of [{ tier: 'all' as const }, { isEncrypted: false }, { holdHours: 1 }, { withChat: true }]) {
        await t.rejects(consent.change(CHANNEL, wider, 'ada'), { code: 'archive_not_confirmed' }, JSON.stringify(wider));
        await t.rejects(consent.narrow(CHANNEL, { ...wider, confirm: 'ada' }, 'admin'), { code: 'archive_owner_only', status: 403 });
      }
      t.match(await consent.change(CHANNEL, { holdHours: 48, tier: 'manifest' }, 'ada'), { holdHours: 48, tier: 'manifest' }, 'less needs no confirmation');
      t.match(await consent.narrow(CHANNEL, { isOn: false }, 'admin'), { isOn: false });
    });

    t.test('what was said is stored when the owner wants it, and not when something said in a range is vetoed', async (t) => {
      const { open, admitted } = await openArchive(t, db);
      const archive = open();
      const chatOf = async (id: string) => view.parse(await archive.receipts.view(id)).files.find(({ name }) => name === 'chat.jsonl')?.state;
      t.equal(await chatOf(await admitted(archive, { chat: 'hi' })), undefined);
      const id = await admitted(archive, { chat: 'hi', withChat: true, holdHours: 24 });
      t.equal(await chatOf(id), 'held');
      await archive.consent.veto(id, { fromMs: 0, toMs: 1_000, reason: 'a name' }, 'mod');
      t.equal(await chatOf(id), 'vetoed');
    });

    t.test('the owner may end the hold, and what is private waits', async (t) => {
      const { open, admitted, workUntil, shows, world, clock } = await openArchive(t, db);
      const archive = open();
      const id = await admitted(archive, { holdHours: 24 });
      shows.visibility = 'private';
      await archive.consent.release(id, 'ada');
      await archive.work();
      t.match(await archive.receipts.find(id), { state: 'holding', reason: 'the recording is private' });
      t.equal(world.transactions.size, 0);
      shows.visibility = 'public';
      clock.now = new Date(clock.now.getTime() + HOUR_MS);
      await workUntil(archive, id, ['stored']);
      await t.rejects(archive.consent.release(id, 'ada'), { code: 'archive_state_wrong' });
    });

    t.test('an encrypted archive tells nothing, and is erased with its key', async (t) => {
      const { open, admitted, workUntil, world, keys, shows, db: rows } = await openArchive(t, db);
      const archive = open();
      shows.visibility = 'private';
      const id = await admitted(archive, { isEncrypted: true });
      await workUntil(archive, id, ['stored']);
      const { files, pathManifest } = view.parse(await archive.receipts.view(id));
      t.equal(pathManifest, null);
      const init = files.find(({ name }) => name === 'source/init-0.mp4')?.arweave?.item ?? '';
      t.notMatch(world.read(init), /init of source/);
      const { sealed_key: sealed } = await rows.withTables<{ archives: { broadcast_id: string; sealed_key: string } }>().selectFrom('archives').select('sealed_key').where('broadcast_id', '=', id).executeTakeFirstOrThrow();
      const key = keys.openArchiveKey(sealed, id);
      t.equal(decryptFile(key, 'source/init-0.mp4', world.readBytes(init) ?? new Uint8Array()).toString(), 'init of source');
      t.throws(() => decryptFile(key, 'source/init-1.mp4', world.readBytes(init) ?? new Uint8Array()), 'it is the file of no other name');
      t.notSame(sealed, key.toString('base64'));
      const copy = t.testdir({ source: { 'init-0.mp4.enc': Buffer.from(world.readBytes(init) ?? []) }, 'key.txt': `${await archive.consent.exportKey(id, 'ada')}\n` });
      await runDecrypt({ target: copy, keyFile: path.join(copy, 'key.txt'), out: { write: () => true } });
      t.equal(await readFile(path.join(copy, 'source/init-0.mp4'), 'utf8'), 'init of source', 'the owner can read it anywhere');
      await t.rejects(runDecrypt({ target: path.join(copy, 'source/init-0.mp4.enc'), keyFile: path.join(copy, 'key.txt'), name: 'source/init-1.mp4', out: { write: () => true } }), { code: 'decryption_impossible' });
      await t.rejects(archive.consent.erase(id, 'eve', 'ada'), { code: 'archive_not_confirmed' });
      await archive.consent.erase(id, 'ada', 'ada');
      t.match(await archive.receipts.find(id), { state: 'erased' });
      await t.rejects(archive.consent.exportKey(id, 'ada'), { code: 'archive_state_wrong' });
      t.match(await rows.withTables<{ archives: { broadcast_id: string; sealed_key: string | null } }>().selectFrom('archives').select('sealed_key').where('broadcast_id', '=', id).executeTakeFirstOrThrow(), { sealed_key: null });
      await archive.consent.change(CHANNEL, { isEncrypted: false, confirm: 'ada' }, 'ada');
    });

    t.test('only an encrypted archive can be erased', async (t) => {
      const { open, admitted } = await openArchive(t, db);
      const archive = open();
      const id = await admitted(archive, { isEncrypted: false });
      await t.rejects(archive.consent.erase(id, 'ada', 'ada'), { code: 'archive_not_encrypted' });
    });
  });
}
