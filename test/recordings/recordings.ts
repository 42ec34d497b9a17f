import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { JOURNAL_FILE } from '../../src/packager/journal/journal.js';
import { openDatabase } from '../support/accounts.js';
import { testDatabases } from '../support/database.js';
import { pack, serveRecordings } from '../support/recordings.js';

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    t.test('a show is recorded from its start, and there is a recording when it has ended', async (t) => {
      const { recordings, packager, begin } = await serveRecordings(t, { db });
      const show = await begin('Low water');
      t.equal(show.isRecorded, true);
      t.match(await recordings.get(show.id), { title: 'Low water', visibility: 'public', state: 'recording', endedAt: null });
      t.same(await recordings.listIds(), [show.id], 'its files are not deleted while it runs');
      t.equal(await recordings.begin(show), true, 'it goes on after a restart');
      await pack(packager, { id: show.id, epochMs: show.startedAt.getTime() });
      await recordings.complete(show.id, { lastNumber: 3 });
      const done = await recordings.get(show.id);
      t.match(done, { state: 'ready', isKept: false, description: '', startedAt: show.startedAt });
      t.ok(Math.abs(done.durationMs - 6000) < 50, `six seconds, and a slate (${done.durationMs} ms)`);
      t.ok(Math.abs((done.endedAt?.getTime() ?? 0) - show.startedAt.getTime() - 8000) < 50);
      t.ok(done.sizeBytes > 8 * 30 * 500, 'the slate takes room, too');
      await recordings.complete(show.id, { lastNumber: 1000 });
      t.same(await recordings.get(show.id), done, 'the first end counts');
    });

    t.test('a channel that does not record has none; its setting for new ones counts', async (t) => {
      const { recordings, channels, begin } = await serveRecordings(t, { db });
      const { ownerId } = await channels.get('bob');
      await channels.update('bob', { id: ownerId, role: 'user' }, { recording: { isOn: false, visibility: 'unlisted' } });
      const off = await begin('Off the record');
      t.equal(off.isRecorded, false);
      t.equal(await recordings.find(off.id), undefined);
      await channels.update('bob', { id: ownerId, role: 'user' }, { recording: { isOn: true } });
      t.match(await recordings.get((await begin('On it')).id), { visibility: 'unlisted' });
    });

    t.test('what ends without a segment leaves nothing', async (t) => {
      const { recordings, begin, log } = await serveRecordings(t, { db });
      const { id } = await begin('Nothing');
      await recordings.complete(id);
      t.equal(await recordings.find(id), undefined);
      t.match(log.lines.at(-1), { level: 'info', message: 'nothing was recorded' });
      await recordings.complete(id);
      t.same(await recordings.listIds(), []);
    });

    t.test('a full disk makes it incomplete', async (t) => {
      const { recordings, packager, begin, mediaDir, log } = await serveRecordings(t, { db });
      const { id } = await begin('Spring tide');
      await pack(packager, { id, epochMs: 0 });
      const journal = path.join(mediaDir, id, JOURNAL_FILE);
      await writeFile(journal, (await readFile(journal, 'utf8')).split('\n').filter((line) => !/"take":2,"number":3/.test(line)).join('\n'));
      await recordings.complete(id, { lastNumber: 4 });
      t.match(await recordings.get(id), { state: 'incomplete' });
      t.match(log.lines.find(({ level }) => level === 'warn'), { message: 'recording incomplete' });
    });

    t.test('the start completes what a crash left, but for what goes on', async (t) => {
      const resumed: string[] = [];
      const { recordings, packager, begin } = await serveRecordings(t, { db, listResumed: async () => resumed });
      const [left, goesOn, empty] = [await begin('Left'), await begin('Goes on'), await begin('Empty')];
      for (const { id } of [left, goesOn]) await pack(packager, { id, epochMs: 0 });
      resumed.push(goesOn.id);
      await recordings.start();
      t.match(await recordings.get(left.id), { state: 'ready' });
      t.match(await recordings.get(goesOn.id), { state: 'recording' });
      t.equal(await recordings.find(empty.id), undefined);
    });

    t.test('one that cannot be read is reported, and tried again at the next start', async (t) => {
      const { recordings, packager, begin, mediaDir, log } = await serveRecordings(t, { db });
      const [broken, fine] = [await begin('Broken'), await begin('Fine')];
      for (const { id } of [broken, fine]) await pack(packager, { id, epochMs: 0 });
      await rm(path.join(mediaDir, broken.id), { recursive: true });
      await writeFile(path.join(mediaDir, broken.id), 'no folder');
      await recordings.start();
      t.match(log.lines.filter(({ level }) => level === 'error'), [{ fields: { broadcast: broken.id, fault: 'operator' } }]);
      t.match([await recordings.get(broken.id), await recordings.get(fine.id)], [{ state: 'recording' }, { state: 'ready' }]);
    });

    t.test('retention deletes the oldest with their files', async (t) => {
      let freeBytes = 2 ** 40;
      const { recordings, record, begin, packager, mediaDir, clock, log } = await serveRecordings(t, { db, config: { maxAgeDays: 7, minFreeGiB: 1 }, freeBytes: async () => freeBytes });
      const [kept, old, young] = [await record('Kept'), await record('Old'), await record('Young')];
      const { id: running } = await begin('Running');
      await pack(packager, { id: running, epochMs: 0 });
      await recordings.update(kept, { isKept: true });
      clock.now = new Date(clock.now.getTime() + 7 * 86_400_000 + 3_600_000 + 60_000);
      await recordings.sweep();
      t.same((await recordings.listIds()).sort(), [kept, young, running].sort());
      t.same([kept, old, young, running].map((id) => existsSync(path.join(mediaDir, id))), [true, false, true, true]);
      freeBytes = 0;
      await recordings.sweep();
      t.same((await recordings.listIds()).sort(), [kept, running].sort());
      t.same(log.lines.filter(({ message }) => /retention/.test(message)).map(({ fields }) => fields), [{ broadcast: old, reason: 'age' }, { broadcast: young, reason: 'disk' }]);
    });

    t.test('a full disk has the oldest deleted at once, and is not looked at for every file that it refuses', async (t) => {
      let looks = 0;
      const { recordings, record, mediaDir, clock } = await serveRecordings(t, { db, config: { minFreeGiB: 1 }, freeBytes: async () => (++looks, 0) });
      const [kept, old] = [await record('Kept'), await record('Old')];
      await recordings.update(kept, { isKept: true });
      await Promise.all([recordings.makeRoom(), recordings.makeRoom(), recordings.makeRoom()]);
      t.same(await recordings.listIds(), [kept]);
      t.same([kept, old].map((id) => existsSync(path.join(mediaDir, id))), [true, false]);
      t.equal(looks, 1);
      clock.now = new Date(clock.now.getTime() + 5_000);
      await recordings.makeRoom();
      t.equal(looks, 2, 'again after a while');
    });

    t.test('a disk that cannot be asked is an error in the log, and nothing else', async (t) => {
      const { recordings, record, log } = await serveRecordings(t, { db, freeBytes: async () => { throw new Error('no such disk'); } });
      const id = await record('Stays');
      await recordings.sweep();
      t.match(log.lines.filter(({ level }) => level === 'error'), [{ fields: { error: 'no such disk', fault: 'operator' } }]);
      t.same(await recordings.listIds(), [id]);
    });

    t.test('a packager that starts anew leaves recordings alone', async (t) => {
      const { record, packager, mediaDir, recordings } = await serveRecordings(t, { db });
      const [id, deleted] = [await record('Stays'), await record('Goes')];
      await recordings.remove(deleted);
      await packager.stop();
      await packager.start();
      t.same([existsSync(path.join(mediaDir, id)), existsSync(path.join(mediaDir, deleted))], [true, false]);
    });
  });
}
