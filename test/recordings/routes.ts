import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { z } from 'zod';
import { NO_PICTURES, picturesPath } from '../../src/recordings/pictures/picture-folder.js';
import { openDatabase } from '../support/accounts.js';
import { testDatabases } from '../support/database.js';
import { FIRST_SHOW_MS, serveRecordings } from '../support/recordings.js';

const UNKNOWN = { status: 404, code: 'recording_unknown' };
const NOBODYS = '99999999-9999-4999-8999-999999999999';
const listed = z.object({ recordings: z.array(z.object({ id: z.string(), title: z.string() })), next: z.string().optional() });
const addresses = z.object({ poster: z.string(), storyboard: z.string(), download: z.string(), playback: z.object({ hls: z.string() }) });

const titlesOf = (body: unknown): string[] => listed.parse(body).recordings.map(({ title }) => title);

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    t.test('a recording, as everybody and its owner see it', async (t) => {
      const { api, record, owner, admin, stranger, recordings } = await serveRecordings(t, { db });
      const id = await record('Low water');
      const { durationMs, sizeBytes, endedAt } = await recordings.get(id);
      const recording = {
        id, title: 'Low water', description: '', visibility: 'public', startedAt: new Date(FIRST_SHOW_MS).toISOString(), endedAt: endedAt?.toISOString(), durationSec: durationMs / 1000, isKept: false,
        channel: { slug: 'bob', title: 'bob' },
        poster: `/pictures/${id}/poster.jpg`, storyboard: `/pictures/${id}/board.vtt`, playback: { hls: `/vod/${id}/master.m3u8` }, download: `/vod/${id}/download.mp4`,
      };
      const { chaptersMs: [, secondMs = 0] } = await recordings.getTimeline(id);
      const chapters = [{ startSec: 0, title: 'Part 1' }, { startSec: secondMs / 1000, title: 'Part 2' }];
      t.ok(Math.abs(secondMs - 4000) < 50);
      for (const [token, canManage] of [[undefined, false], [stranger, false], [owner, true], [admin, true]] as const) {
        t.strictSame((await api('GET', `/recordings/${id}`, token === undefined ? {} : { token })).body, { ...recording, sizeBytes, state: 'ready', chapters, canManage });
      }
      t.strictSame((await api('GET', '/recordings')).body, { recordings: [recording] });
      t.strictSame((await api('GET', '/channels/Bob/recordings')).body, { recordings: [recording] });
      t.strictSame((await api('GET', '/channels/bob/recordings', { token: owner })).body, { recordings: [{ ...recording, sizeBytes, state: 'ready' }] });
    });

    t.test('lists come in pages, the newest first, without what is on air', async (t) => {
      const { api, record, begin } = await serveRecordings(t, { db });
      for (const title of ['One', 'Two', 'Three']) await record(title);
      await begin('On air');
      const first = listed.parse((await api('GET', '/channels/bob/recordings?limit=2')).body);
      t.same(titlesOf(first), ['Three', 'Two']);
      const last = listed.parse((await api('GET', `/channels/bob/recordings?limit=2&before=${first.next}`)).body);
      t.same([titlesOf(last), last.next], [['One'], undefined], 'the last page names no next one');
      t.same(titlesOf((await api('GET', '/recordings?limit=1')).body), ['Three']);
      t.same(titlesOf((await api('GET', '/channels/eve/recordings')).body), []);
      t.match((await api('GET', '/channels/nobody/recordings')).body, { status: 404, code: 'channel_unknown' });
      t.match((await api('GET', '/recordings?limit=0&before=yesterday')).body, { status: 400, issues: [{ path: 'before', message: 'must be a time in ISO 8601' }, { path: 'limit' }] });
    });

    t.test('who finds which', async (t) => {
      const { api, record, recordings, owner, admin, stranger } = await serveRecordings(t, { db });
      const [open, unlisted, hidden] = [await record('Public'), await record('Unlisted'), await record('Private')];
      await recordings.update(unlisted, { visibility: 'unlisted' });
      await recordings.update(hidden, { visibility: 'private' });
      for (const token of [stranger, '']) {
        const call = token === '' ? {} : { token };
        t.same(titlesOf((await api('GET', '/channels/bob/recordings', call)).body), ['Public']);
        t.same(await Promise.all([open, unlisted, hidden].map(async (id) => (await api('GET', `/recordings/${id}`, call)).status)), [200, 200, 404]);
      }
      for (const token of [owner, admin]) {
        t.same(titlesOf((await api('GET', '/channels/bob/recordings', { token })).body), ['Private', 'Unlisted', 'Public']);
        t.same(titlesOf((await api('GET', '/recordings', { token })).body), ['Public'], 'the front page is the same for all');
        t.equal((await api('GET', `/recordings/${hidden}`, { token })).status, 200);
      }
      t.match((await api('GET', `/recordings/${hidden}`)).body, UNKNOWN);
      for (const id of [NOBODYS, 'x', '%00']) t.match((await api('GET', `/recordings/${id}`)).body, UNKNOWN);
    });

    t.test('its owner and the admin change it; what is not given stays', async (t) => {
      const { api, record, owner, admin, stranger } = await serveRecordings(t, { db });
      const id = await record('Low water');
      t.match((await api('PATCH', `/recordings/${id}`, { token: owner, body: { title: ' High water ', isKept: true } })).body, { title: 'High water', isKept: true, visibility: 'public' });
      t.match((await api('PATCH', `/recordings/${id}`, { token: admin, body: { description: 'At\nfour.' } })).body, { title: 'High water', description: 'At\nfour.', isKept: true });
      t.match((await api('PATCH', `/recordings/${id}`, { token: owner, body: {} })).body, { title: 'High water', description: 'At\nfour.' });
      t.match((await api('PATCH', `/recordings/${id}`, { token: owner, body: { visibility: 'unlisted' } })).body, { visibility: 'unlisted' });
      t.match((await api('PATCH', `/recordings/${id}`, { token: stranger, body: { title: 'mine' } })).body, { status: 403, code: 'recording_not_yours' });
      t.match((await api('PATCH', `/recordings/${id}`, { body: { title: 'mine' } })).body, { status: 401 });
      const wrong = { title: 'x'.repeat(141), description: 'x'.repeat(5001), visibility: 'friends', isKept: 1, state: 'ready' };
      t.match((await api('PATCH', `/recordings/${id}`, { token: owner, body: wrong })).body, { status: 400, issues: [
        { path: 'title', message: 'must have at most 140 characters' }, { path: 'description', message: 'must have at most 5000 characters' },
        { path: 'visibility', message: 'must be public, unlisted or private' }, { path: 'isKept', message: 'must be true or false' }, { path: '', message: 'Unrecognized key: "state"' },
      ] });
    });

    t.test('and delete it, files and all', async (t) => {
      const { api, get, record, recordings, owner, stranger, mediaDir } = await serveRecordings(t, { db });
      const id = await record('Gone');
      t.equal((await get('GET', `/vod/${id}/master.m3u8`)).status, 200);
      t.equal((await api('DELETE', `/recordings/${id}`, { token: stranger })).status, 403);
      t.equal((await api('DELETE', `/recordings/${id}`, { token: owner })).status, 204);
      t.equal(existsSync(path.join(mediaDir, id)), false);
      t.equal((await get('GET', `/vod/${id}/master.m3u8`)).status, 404);
      const hidden = await record('Private');
      await recordings.update(hidden, { visibility: 'private' });
      t.match((await api('DELETE', `/recordings/${hidden}`, { token: stranger })).body, UNKNOWN);
    });

    t.test('while it is on air, it is told where', async (t) => {
      const { api, get, begin, owner } = await serveRecordings(t, { db });
      const { id } = await begin('On air');
      const running = { status: 409, code: 'recording_running', slug: 'bob' };
      t.match((await api('GET', `/recordings/${id}`)).body, running);
      t.match((await api('DELETE', `/recordings/${id}`, { token: owner })).body, running);
      t.match((await get('GET', `/vod/${id}/master.m3u8`)).body, running);
      t.equal((await get('GET', `/pictures/${id}/poster.jpg`)).status, 404);
    });

    t.test('a private one plays for its owner: by token, or by the addresses that the API gives', async (t) => {
      const { api, get, record, recordings, owner, stranger, clock, mediaDir } = await serveRecordings(t, { db });
      const [id, other] = [await record('Private'), await record('Other')];
      for (const one of [id, other]) await recordings.update(one, { visibility: 'private' });
      await mkdir(picturesPath(mediaDir, id), { recursive: true });
      await writeFile(path.join(picturesPath(mediaDir, id), 'poster.jpg'), 'a picture');
      await writeFile(path.join(picturesPath(mediaDir, id), 'index.json'), JSON.stringify({ ...NO_PICTURES, timesMs: [0], isFinished: true }));
      const { poster, storyboard, download, playback: { hls } } = addresses.parse((await api('GET', `/recordings/${id}`, { token: owner })).body);
      const bare = [hls, poster, storyboard, download].map((address) => address.replace(/\?.*/, ''));
      const statuses = async (where: string[], call = {}): Promise<number[]> => Promise.all(where.map(async (one) => (await get('GET', one, call)).status));
      t.same(await statuses(bare), [404, 404, 404, 404]);
      t.same(await statuses(bare, { token: stranger }), [404, 404, 404, 404]);
      t.same(await statuses(bare, { token: owner }), [200, 200, 200, 200]);
      const signed = [hls, poster, storyboard, download];
      t.same(await statuses(signed), [200, 200, 200, 200]);
      t.same(await statuses(signed.map((one) => one.replace(id, other))), [404, 404, 404, 404], 'of this recording only');
      t.same(await statuses(signed.map((one) => one.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')))), [404, 404, 404, 404], 'by us only');
      t.same(await statuses(['?access=', '?access=1.x', '?access=a&access=b', `?access=99999999999.${'A'.repeat(43)}`].map((query) => `${bare[0]}${query}`)), [404, 404, 404, 404]);
      const { body, headers } = await get('GET', hls);
      t.equal(headers.get('cache-control'), 'private, no-store');
      const [rendition = ''] = /source\/index.m3u8\?access=[^"\n]+/.exec(String(body)) ?? [];
      t.equal((await get('GET', `/vod/${id}/${rendition}`)).status, 200, 'and the playlists that follow');
      t.match((await get('GET', storyboard)).body, /board-0\.jpg\?access=\d+\.[\w-]{43}#xywh=0,0/, 'and the sheets');
      clock.now = new Date(clock.now.getTime() + 7 * 3_600_000);
      t.same(await statuses(signed), [404, 404, 404, 404], 'for some hours only');
    });
  });
}
