import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { z } from 'zod';
import { RecordingUnknown } from '../../src/recordings/errors.js';
import { openDatabase } from '../support/accounts.js';
import { testDatabases } from '../support/database.js';
import { FIRST_SHOW_MS, pack, serveRecordings } from '../support/recordings.js';

const NOBODYS = '99999999-9999-4999-8999-999999999999';
const made = z.object({ id: z.string(), startAt: z.string(), durationSec: z.number(), sizeBytes: z.number(), video: z.string(), poster: z.string() });
const listed = z.object({ clips: z.array(z.object({ title: z.string() })), next: z.string().optional() });

const at = (sec: number): string => new Date(FIRST_SHOW_MS + sec * 1000).toISOString();
const wish = (sec: number, title = 'The wave') => ({ startAt: at(sec), durationSec: 5, title });
const titlesOf = (body: unknown): string[] => listed.parse(body).clips.map(({ title }) => title);

for (const { name, open, skip } of testDatabases()) {
  t.test(name, { skip }, async (t) => {
    const db = await openDatabase(t, await open(t));

    t.test('a clip of a recording', async (t) => {
      const { api, get, record, stranger, owner } = await serveRecordings(t, { db });
      const id = await record('Low water');
      const answer = await api('POST', `/broadcasts/${id}/clips`, { token: stranger, body: wish(1, ' The wave ') });
      const clip = made.parse(answer.body);
      t.match(answer, { status: 201, body: { broadcastId: id, title: 'The wave', visibility: 'public', channel: { slug: 'bob' }, maker: { username: 'eve' }, startAt: at(0), createdAt: at(0), canManage: true } });
      t.ok(Math.abs(clip.durationSec - 6) < 0.1, `${clip.durationSec} s: the whole show, since its second segment ends in a slate`);
      t.equal(answer.headers.get('location'), `/api/v1/clips/${clip.id}`);
      t.match((await api('GET', `/clips/${clip.id}`)).body, { id: clip.id, canManage: false });
      t.match((await api('GET', `/clips/${clip.id}`, { token: owner })).body, { id: clip.id, canManage: true });
      const file = await get('GET', clip.video);
      t.match([file.status, file.headers.get('content-type'), file.headers.get('content-length')], [200, 'video/mp4', String(clip.sizeBytes)]);
      t.equal(file.headers.get('content-disposition'), null);
      const part = await get('GET', clip.video, { headers: { range: 'bytes=4-7' } });
      t.match([part.status, part.body, part.headers.get('content-range')], [206, 'ftyp', `bytes 4-7/${clip.sizeBytes}`]);
      t.equal((await get('HEAD', `${clip.video}?download`)).headers.get('content-disposition'), 'attachment; filename="The wave 2026-01-01.mp4"');
      t.match(await get('GET', clip.poster), { status: 404 }, 'pictures of zeros have no poster');
    });

    t.test('it stays when its recording goes, and when the server starts again', async (t) => {
      const { api, get, record, recordings, clips, mediaDir, stranger } = await serveRecordings(t, { db });
      const id = await record('Low water');
      const clip = made.parse((await api('POST', `/broadcasts/${id}/clips`, { token: stranger, body: wish(0) })).body);
      await recordings.remove(id);
      await writeFile(path.join(mediaDir, 'clips', `${NOBODYS}.mp4.tmp`), 'half of one');
      await writeFile(path.join(mediaDir, 'clips', `${NOBODYS}.mp4`), 'of no row');
      await clips.start();
      t.same(await readdir(path.join(mediaDir, 'clips')), [`${clip.id}.mp4`], 'what a crash left is gone');
      t.equal((await get('GET', clip.video)).status, 200);
    });

    t.test('a clip of what is on reaches as far as viewers can go back', async (t) => {
      const { api, begin, packager, live, stranger } = await serveRecordings(t, { db });
      const { id } = await begin('On air');
      t.match((await api('POST', `/broadcasts/${id}/clips`, { token: stranger, body: wish(6) })).body, { status: 409, code: 'recording_running' }, 'between the end and the recording');
      live.add(id);
      t.match((await api('POST', `/broadcasts/${id}/clips`, { token: stranger, body: wish(6) })).body, { status: 409, code: 'clip_out_of_reach' }, 'before the first picture');
      await pack(packager, { id, epochMs: FIRST_SHOW_MS });
      const clip = await api('POST', `/broadcasts/${id}/clips`, { token: stranger, body: wish(6.5) });
      t.match(clip, { status: 201, body: { startAt: at(6), visibility: 'public' } });
      t.ok(Math.abs(made.parse(clip.body).durationSec - 2) < 0.1, 'it ends where the show is');
      for (const sec of [0, 9]) {
        t.match((await api('POST', `/broadcasts/${id}/clips`, { token: stranger, body: wish(sec) })).body, { status: 409, code: 'clip_out_of_reach' }, `at ${sec} s`);
      }
    });

    t.test('who may make which', async (t) => {
      const { api, record, recordings, owner, stranger } = await serveRecordings(t, { db });
      const [open, hidden, unlisted] = [await record('Public'), await record('Private'), await record('Unlisted')];
      await recordings.update(hidden, { visibility: 'private' });
      await recordings.update(unlisted, { visibility: 'unlisted' });
      const post = (id: string, token: string | undefined, body: object) => api('POST', `/broadcasts/${id}/clips`, { ...(token && { token }), body });
      t.match((await post(open, undefined, wish(0))).body, { status: 401 });
      t.match((await post(NOBODYS, stranger, wish(0))).body, { status: 404, code: 'recording_unknown' });
      t.match((await post('of-nobody', stranger, wish(0))).body, { status: 404, code: 'recording_unknown' });
      t.match((await post(hidden, stranger, wish(3600))).body, { status: 404, code: 'recording_unknown' });
      t.match((await post(hidden, owner, wish(3600))).body, { status: 403, code: 'clip_of_private' });
      t.match(await post(unlisted, stranger, wish(7200, 'Hidden wave')), { status: 201, body: { visibility: 'unlisted' } });
      t.match(await post(open, stranger, wish(0)), { status: 201 });
      t.same(titlesOf((await api('GET', '/channels/bob/clips', { token: stranger })).body), ['The wave'], 'an unlisted show is not given away');
      t.same(titlesOf((await api('GET', '/channels/Bob/clips', { token: owner })).body).sort(), ['Hidden wave', 'The wave']);
      t.match((await post(open, stranger, { startAt: 'yesterday', durationSec: 61, title: 'x'.repeat(101) })).body, { status: 400, issues: [{ path: 'startAt' }, { path: 'durationSec' }, { path: 'title' }] });
      t.match((await post(open, stranger, { ...wish(0), durationSec: 4, title: 'a\nb' })).body, { status: 400, issues: [{ path: 'durationSec' }, { path: 'title' }] });
      t.match((await post(open, stranger, wish(60))).body, { status: 409, code: 'clip_out_of_reach' });
    });

    t.test('lists come in pages, the newest first', async (t) => {
      const { api, record, clock, stranger } = await serveRecordings(t, { db });
      const id = await record('Low water');
      for (const title of ['One', 'Two', 'Three']) {
        clock.now = new Date(clock.now.getTime() + 1000);
        await api('POST', `/broadcasts/${id}/clips`, { token: stranger, body: wish(0, title) });
      }
      const first = listed.parse((await api('GET', '/channels/bob/clips?limit=2')).body);
      t.same(titlesOf(first), ['Three', 'Two']);
      const last = listed.parse((await api('GET', `/channels/bob/clips?limit=2&before=${first.next}`)).body);
      t.same([titlesOf(last), last.next], [['One'], undefined]);
      t.match((await api('GET', '/channels/nobody/clips')).body, { status: 404, code: 'channel_unknown' });
    });

    t.test('an account has a bound for a day, the disk one for all', async (t) => {
      const disk = { freeBytes: 2 ** 31 };
      const { api, record, clock, stranger, owner } = await serveRecordings(t, { db, config: { clips: { perDay: 2 }, minFreeGiB: 1 }, freeBytes: async () => disk.freeBytes });
      const id = await record('Low water');
      const post = (token: string) => api('POST', `/broadcasts/${id}/clips`, { token, body: wish(0) });
      const answers = await Promise.all([post(stranger), post(stranger), post(stranger)]);
      t.same(answers.map(({ status }) => status).sort(), [201, 201, 403], 'also for those who ask at once');
      t.match((await post(stranger)).body, { status: 403, code: 'clips_spent', perDay: 2 });
      t.equal((await post(owner)).status, 201, 'others have their own');
      clock.now = new Date(clock.now.getTime() + 86_400_001);
      disk.freeBytes = 2 ** 29;
      t.match((await post(stranger)).body, { status: 507, code: 'clips_without_room' });
      disk.freeBytes = 2 ** 31;
      t.equal((await post(stranger)).status, 201, 'the next day');
    });

    t.test('its maker, the owner of the channel and an admin delete it', async (t) => {
      const { api, get, record, mediaDir, stranger, owner, admin } = await serveRecordings(t, { db });
      const id = await record('Low water');
      for (const token of [stranger, owner, admin]) {
        const clip = made.parse((await api('POST', `/broadcasts/${id}/clips`, { token: stranger, body: wish(0) })).body);
        t.match((await api('DELETE', `/clips/${clip.id}`)).body, { status: 401 });
        t.equal((await api('DELETE', `/clips/${clip.id}`, { token })).status, 204);
        t.match((await get('GET', clip.video)).status, 404);
        t.notOk(existsSync(path.join(mediaDir, 'clips', `${clip.id}.mp4`)));
        t.match((await api('DELETE', `/clips/${clip.id}`, { token })).body, { status: 404, code: 'clip_unknown' });
      }
      const clip = made.parse((await api('POST', `/broadcasts/${id}/clips`, { token: owner, body: wish(0) })).body);
      t.match((await api('DELETE', `/clips/${clip.id}`, { token: stranger })).body, { status: 403, code: 'clip_not_yours' });
    });

    t.test('who tries again and again has to wait', async (t) => {
      const { api, stranger } = await serveRecordings(t, { db });
      const answers = await Promise.all(Array.from({ length: 30 }, () => api('POST', `/broadcasts/${NOBODYS}/clips`, { token: stranger, body: wish(0) })));
      t.equal(answers.filter(({ status }) => status === 429).length, 10, 'twenty attempts a minute');
    });

    t.test('eight may wait for their turn', async (t) => {
      const { clips } = await serveRecordings(t, { db });
      const gate = new EventEmitter();
      const opened = once(gate, 'open');
      const findSource = async () => {
        await opened;
        throw new RecordingUnknown();
      };
      const make = () => clips.make({ findSource, makerId: NOBODYS, title: 'The wave', startAt: new Date(), durationSec: 5, isExact: false });
      const waiting = Array.from({ length: 8 }, () => make().catch((error: unknown) => error));
      await t.rejects(make(), { code: 'clips_busy', status: 503 });
      gate.emit('open');
      t.match(await Promise.all(waiting), Array.from({ length: 8 }, () => ({ code: 'recording_unknown' })), 'one that fails keeps nobody from the next');
    });

    t.test('a stretch that is not whole on the disk is refused', async (t) => {
      const { api, record, mediaDir, stranger } = await serveRecordings(t, { db });
      const id = await record('Low water');
      await writeFile(path.join(mediaDir, id, 'source', '1.m4s'), 'damaged');
      t.match((await api('POST', `/broadcasts/${id}/clips`, { token: stranger, body: wish(0) })).body, { status: 409, code: 'clip_gone' });
      t.match((await api('GET', '/channels/bob/clips')).body, { clips: [] });
    });
  });
}
