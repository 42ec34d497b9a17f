import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import type { Test } from 'tap';
import { openDatabase } from '../../support/accounts.js';
import { testDatabases } from '../../support/database.js';
import { serveRecordings } from '../../support/recordings.js';

const run = promisify(execFile);

async function start(t: Test) {
  const [database] = testDatabases();
  if (database === undefined) throw new Error('there is no database');
  const db = await openDatabase(t, await database.open(t));
  const site = await serveRecordings(t, { db });
  const bytes = async (where: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(`${site.origin}${where}`, { method, headers });
    return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
  };
  return { ...site, bytes };
}

t.test('over HTTP', async (t) => {
  const { record, recordings, packager, bytes, mediaDir, origin } = await start(t);
  const id = await record('Low water: "part" 1/2 – ☂');
  // The package lingers for a minute; here it is gone, and files are on the disk alone.
  await packager.stop();

  t.test('playlists have their type and may be kept for a minute, by anybody, anywhere', async (t) => {
    for (const name of ['master.m3u8', 'source/index.m3u8', 'audio/index.m3u8']) {
      const { status, headers, body } = await bytes(`/vod/${id}/${name}`);
      t.equal(status, 200);
      t.match(headers.get('content-type'), /^application\/vnd\.apple\.mpegurl/);
      t.equal(headers.get('cache-control'), 'public, max-age=60');
      t.equal(headers.get('content-encoding'), 'gzip');
      t.equal(headers.get('access-control-allow-origin'), '*');
      t.match(body.toString(), /^#EXTM3U\n/);
    }
    const plain = await bytes(`/vod/${id}/master.m3u8`, { 'accept-encoding': 'identity' });
    t.equal(plain.headers.get('content-length'), String(plain.body.length));
    t.equal((await bytes(`/vod/${id}/master.m3u8`, {}, 'HEAD')).body.length, 0);
    t.match((await fetch(`${origin}/vod/${id}/master.m3u8`, { method: 'OPTIONS' })).headers.get('access-control-allow-headers'), /Authorization, Range/);
    t.equal((await bytes(`/vod/${id}/720p/index.m3u8`)).status, 404);
  });

  t.test('everything that they name is there', async (t) => {
    const playlists = await Promise.all(['source', 'audio'].map(async (name) => (await bytes(`/vod/${id}/${name}/index.m3u8`)).body.toString()));
    const files = playlists.flatMap((text) => [...text.matchAll(/\/media\/[^"\n]+/g)].map(([file]) => file));
    t.equal(files.length, 2 * (3 + 2), 'three segments and two inits each');
    for (const file of files) t.equal((await bytes(file)).status, 200, file);
    t.match((await bytes(files[1] ?? '')).headers.get('cache-control'), /immutable/);
    t.equal((await bytes(files[1] ?? '', { range: 'bytes=0-99' })).body.length, 100);
  });

  t.test('nothing else of the folder is', async (t) => {
    await writeFile(path.join(mediaDir, 'secret.m4s'), '');
    for (const file of ['source/99.m4s', 'source/journal.jsonl', `..%2f${id}/0.m4s`, '%2e%2e/0.m4s', 'source%2f..%2faudio/0.m4s', 'Source/0.m4s']) t.equal((await bytes(`/media/${id}/${file}`)).status, 404, file);
    for (const folder of ['%2e%2e', 'x', '99999999-9999-4999-8999-999999999999']) t.equal((await bytes(`/media/${folder}/source/0.m4s`)).status, 404, folder);
  });

  t.test('the download is one file', async (t) => {
    const whole = await bytes(`/vod/${id}/download.mp4`);
    t.equal(whole.status, 200);
    t.equal(whole.headers.get('content-type'), 'video/mp4');
    t.equal(whole.headers.get('content-disposition'), `attachment; filename="Low water part 1 2 ? ? 2026-01-01.mp4"; filename*=UTF-8''Low%20water%20part%201%202%20%E2%80%93%20%E2%98%82%202026-01-01.mp4`);
    t.equal(whole.headers.get('content-length'), String(whole.body.length));
    const file = path.join(mediaDir, 'download.mp4');
    await writeFile(file, whole.body);
    const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name,nb_frames:format=duration', '-of', 'json', file]);
    t.match(JSON.parse(stdout), { streams: [{ codec_name: 'h264', nb_frames: '180' }, { codec_name: 'aac' }], format: { duration: /^(5\.9|6\.0)/ } });

    t.test('which can be resumed', async (t) => {
      const etag = whole.headers.get('etag') ?? '';
      const rest = await bytes(`/vod/${id}/download.mp4`, { range: 'bytes=5000-', 'if-range': etag });
      t.equal(rest.status, 206);
      t.equal(rest.headers.get('content-range'), `bytes 5000-${whole.body.length - 1}/${whole.body.length}`);
      t.ok(rest.body.equals(whole.body.subarray(5000)));
      const changed = await bytes(`/vod/${id}/download.mp4`, { range: 'bytes=5000-', 'if-range': '"another"' });
      t.same([changed.status, changed.body.length], [200, whole.body.length], 'unless it is another one');
      t.equal((await bytes(`/vod/${id}/download.mp4`, { range: `bytes=${whole.body.length}-` })).status, 416);
      t.same((await bytes(`/vod/${id}/download.mp4`, {}, 'HEAD')).headers.get('content-length'), String(whole.body.length));
    });

    t.test('of the rendition that is asked for', async (t) => {
      const sound = await bytes(`/vod/${id}/download.mp4?rendition=audio`);
      t.ok(sound.body.length < whole.body.length / 2);
      for (const name of ['720p', '..', '']) t.equal((await bytes(`/vod/${id}/download.mp4?rendition=${name}`)).status, 404, name);
    });
  });

  t.test('what lost its files says so', async (t) => {
    const lost = await record('Lost');
    await rm(path.join(mediaDir, lost, 'source'), { recursive: true });
    await rm(path.join(mediaDir, lost, 'audio'), { recursive: true });
    const { status, body } = await bytes(`/vod/${lost}/download.mp4`);
    t.match([status, JSON.parse(body.toString())], [404, { code: 'nothing_recorded' }]);
    const cleared = await record('Cleared');
    await rm(path.join(mediaDir, cleared), { recursive: true });
    t.equal((await bytes(`/vod/${cleared}/master.m3u8`)).status, 404);
    await recordings.remove(cleared);
  });
});
