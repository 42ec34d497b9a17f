/// <reference lib="dom" />
import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { z } from 'zod';
import { createApp } from '../../src/app.js';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { recordingLog } from '../support/log.js';
import { until } from '../support/until.js';
import { makeFile, noisyVideo, outcomeOf, sendChunk, untilUpload, upload, viewUpload } from '../support/uploading.js';

const run = promisify(execFile);
const recorded = z.object({ recordings: z.array(z.object({ id: z.string(), title: z.string(), durationSec: z.number(), state: z.string(), download: z.string(), poster: z.string() })) });
const probed = z.object({ streams: z.array(z.object({ codec_type: z.string(), codec_name: z.string(), height: z.number().optional() })), format: z.object({ duration: z.coerce.number() }) });
const SECONDS = 20;

async function recordingsOf(app: RunningApp) {
  return recorded.parse(await (await app.api('GET', '/api/v1/channels/ada/recordings')).json()).recordings;
}

t.test('a file whose upload breaks off five times becomes a recording', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { transcode: { preset: 'ultrafast' } });
  const file = await makeFile(t, 'Holiday at sea.mp4', noisyVideo({ size: '1280x720', seconds: SECONDS, kbps: 18_000 }));
  const { size } = await stat(file);
  t.ok(size > 35_000_000, `${Math.round(size / 1e6)} MB`);
  const { id, breaks } = await upload(app, file, { breakAtShares: [0.1, 0.25, 0.4, 0.6, 0.8] });
  t.equal(breaks, 5);
  const view = await untilUpload(app, id, ({ state }) => state === 'ready' || state === 'encoding');
  t.ok(view.state === 'ready' || (await recordingsOf(app)).length === 0, 'it is listed when it is ready, not before');
  t.equal((await app.get('/api/v1/live').then((reply) => reply.json())).broadcasts.length, 0, 'nothing is live');
  t.match(await outcomeOf(app, id), { state: 'ready', title: 'Holiday at sea', recordingId: id, sizeBytes: size });
  const [recording] = await recordingsOf(app);
  if (recording === undefined) throw new Error('it is not listed');

  await t.test('with every rung, sound and pictures', async (t) => {
    t.match(recording, { id, title: 'Holiday at sea', state: 'ready' });
    t.ok(Math.abs(recording.durationSec - SECONDS) < 0.2, `${recording.durationSec} s`);
    const master = await (await app.get(`/vod/${id}/master.m3u8`)).text();
    t.same([...master.matchAll(/^(\w+)\/index\.m3u8/gm)].map(([, name]) => name).sort(), ['360p', '480p', 'audio', 'source'], 'every rung is there');
    t.match(await app.get(recording.poster), { status: 200 });
    t.match(await (await app.get(`/pictures/${id}/board.vtt`)).text(), /board-0\.jpg/);
  });

  await t.test('its download is one whole file', async (t) => {
    const { stdout } = await run('ffprobe', ['-v', 'error', '-show_streams', '-show_format', '-of', 'json', `${app.url}${recording.download}`]);
    const { streams, format } = probed.parse(JSON.parse(stdout));
    t.match(streams, [{ codec_name: 'h264', height: 720 }, { codec_name: 'aac' }]);
    t.ok(Math.abs(format.duration - SECONDS) < 0.2, `${format.duration} s`);
  });

  await t.test('it plays in a browser', async (t) => {
    const page = await (await openChromium(t)).newPage();
    await page.goto(`${app.url}/recordings/${id}`);
    await until('pictures', async () => page.evaluate(() => {
      const video = document.querySelector('video');
      return video !== null && video.currentTime > 2 && video.videoHeight > 0 ? true : undefined;
    }), 30_000);
    t.equal(await page.evaluate(() => document.querySelector('video')?.error ?? null), null);
  });

  await t.test('nothing of the upload is left but its row', async (t) => {
    t.same(await readdir(path.join(app.config.mediaDir, 'uploads')), []);
    const again = await fetch(`${app.url}/api/v1/uploads/${id}`, { method: 'HEAD', headers: { authorization: `Bearer ${app.accessToken}`, 'tus-resumable': '1.0.0' } });
    t.equal(again.headers.get('upload-offset'), String(size), 'who asks again hears that it is whole');
    t.equal((await app.api('DELETE', `/api/v1/uploads/${id}`)).status, 204);
    t.equal((await recordingsOf(app)).length, 1, 'the recording stays');
  });
});

t.test('preparing survives a stop of the server, and ends when it is deleted', async (t) => {
  const app = await startApp(t, { transcode: { preset: 'ultrafast' } });
  const file = await makeFile(t, 'long.mp4', noisyVideo({ size: '640x480', seconds: 15, kbps: 2000 }));
  const [first, second] = [await upload(app, file), await upload(app, file, { title: 'Not wanted' })];
  await untilUpload(app, first.id, ({ state }) => state === 'encoding');
  t.equal((await viewUpload(app, second.id)).state, 'queued', 'one at a time');
  await app.app.stop();
  t.ok(!(await readdir(app.config.mediaDir)).includes(first.id), 'what was begun is gone');
  const again = createApp({ config: app.config, log: recordingLog(), version: 'test', webFolder: path.resolve('dist/web'), slateImage: path.resolve('config/slate.png') });
  await again.start();
  t.after(() => again.stop());
  const url = `http://127.0.0.1:${again.ports.http}`;
  const restarted: RunningApp = { ...app, app: again, url, api: async (method, where) => fetch(`${url}${where}`, { method, headers: { authorization: `Bearer ${app.accessToken}` } }), get: (where) => fetch(`${url}${where}`) };
  t.match(await outcomeOf(restarted, first.id), { state: 'ready' });
  t.not((await viewUpload(restarted, second.id)).state, 'ready', 'who was first is first again');
  await untilUpload(restarted, second.id, ({ state }) => state === 'encoding');
  t.equal((await restarted.api('DELETE', `/api/v1/uploads/${second.id}`)).status, 204);
  t.equal((await restarted.api('GET', `/api/v1/uploads/${second.id}`)).status, 404);
  const folders = await readdir(app.config.mediaDir);
  t.same([folders.includes(first.id), folders.includes(second.id)], [true, false], 'nothing of what was deleted is left');
  t.same((await recordingsOf(restarted)).map(({ title }) => title), ['long']);
});

t.test('an app sends chunks in any order', async (t) => {
  const app = await startApp(t, { transcode: { preset: 'ultrafast' } });
  const file = await makeFile(t, 'pieces.mp4', [...noisyVideo({ size: '640x360', seconds: 6, kbps: 1500 }), '-movflags', '+frag_keyframe+empty_moov']);
  const bytes = await readFile(file);
  const pieceBytes = Math.ceil(bytes.length / 5);
  const pieces = Array.from({ length: 5 }, (_, i) => bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes));
  const made: unknown = await (await app.api('POST', '/api/v1/broadcasts', { channel: 'ada', title: 'From a phone' })).json();
  const { id } = z.object({ id: z.string() }).parse(made);
  for (const index of [3, 0, 4, 1]) t.equal((await sendChunk(app, id, index, pieces[index] ?? Buffer.alloc(0))).status, 201);
  t.equal((await sendChunk(app, id, 3, pieces[3] ?? Buffer.alloc(0))).status, 200, 'again: nothing happens');
  const early = await app.api('POST', `/api/v1/broadcasts/${id}/complete`, { chunks: 5 });
  t.match({ status: early.status, body: await early.json() }, { status: 409, body: { code: 'chunks_missing', missing: [2] } });
  t.equal((await sendChunk(app, id, 2, pieces[2] ?? Buffer.alloc(0))).status, 201);
  t.equal((await app.api('POST', `/api/v1/broadcasts/${id}/complete`, { chunks: 5 })).status, 202);
  t.equal((await app.api('POST', `/api/v1/broadcasts/${id}/complete`, { chunks: 5 })).status, 202, 'said twice');
  t.match(await outcomeOf(app, id), { state: 'ready', title: 'From a phone', sizeBytes: bytes.length });
  const [recording] = await recordingsOf(app);
  t.ok(Math.abs((recording?.durationSec ?? 0) - 6) < 0.2, `${recording?.durationSec} s`);
});
