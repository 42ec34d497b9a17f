/// <reference lib="dom" />
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import t from 'tap';
import { z } from 'zod';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { until } from '../support/until.js';

const run = promisify(execFile);
const recorded = z.object({
  recordings: z.array(z.object({ id: z.string(), durationSec: z.number(), state: z.string(), download: z.string(), playback: z.object({ hls: z.string() }) })),
});
const PAGE = '<!doctype html><video muted></video><script src="/hls.js"></script>';
/** What a viewer may wait between the end of a show and its recording. */
const MAX_WAIT_MS = 1_000;
/** What a return may lose: the slate ends at a key frame. */
const KEY_FRAME_SEC = 2;

async function untilState(app: RunningApp, state: string): Promise<void> {
  await until(`the state ${state}`, async () => ((await (await app.get('/api/v1/channels/ada/live')).text()).includes(`"state":"${state}"`) ? true : undefined));
}

/**
 * A page of its own that plays a recording with hls.js. With `maxBufferHole`, hls.js 1.7 never ends where sound has a hole,
 * and each return of an encoder leaves one of some milliseconds.
 */
async function play(page: Page, app: RunningApp, source: string): Promise<void> {
  await page.route(`${app.url}/player`, (route) => route.fulfill({ contentType: 'text/html', body: PAGE }));
  await page.route(`${app.url}/hls.js`, async (route) => route.fulfill({ contentType: 'text/javascript', body: await readFile('node_modules/hls.js/dist/hls.min.js', 'utf8') }));
  await page.goto(`${app.url}/player`);
  await page.evaluate(`
    window.errors = [];
    const player = new Hls({ maxBufferHole: 0 });
    player.on(Hls.Events.ERROR, (_event, { fatal, details }) => { if (fatal) window.errors.push(details); });
    player.loadSource(${JSON.stringify(source)});
    player.attachMedia(document.querySelector('video'));
    document.querySelector('video').play();
  `);
}

async function stateOf(page: Page): Promise<{ atSec: number; durationSec: number; height: number; isOver: boolean; problems: unknown }> {
  return page.evaluate(() => {
    const video = document.querySelector('video');
    return { atSec: video?.currentTime ?? 0, durationSec: video?.duration ?? 0, height: video?.videoHeight ?? 0, isOver: video?.ended ?? false, problems: [Reflect.get(window, 'errors'), video?.error ?? null] };
  });
}

t.test('a show with a reconnect at another resolution is one recording', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { transcode: { ladder: ['360p'] } });
  t.equal((await app.api('PATCH', '/api/v1/channels/ada', { endsOnUnpublish: false })).status, 200);
  const [large, small] = [await makeSourceFile(t, obsLike({ seconds: 8 })), await makeSourceFile(t, obsLike({ size: '854x480', seconds: 8 }))];
  const first = publish(t, { url: app.publishUrl, args: copyOf(large) });
  await untilState(app, 'live');
  await new Promise((resolve) => first.once('exit', resolve));
  await untilState(app, 'reconnecting');
  const second = publish(t, { url: app.publishUrl, args: copyOf(small) });
  await untilState(app, 'live');
  await new Promise((resolve) => second.once('exit', resolve));
  await untilState(app, 'reconnecting');
  t.equal((await app.api('DELETE', '/api/v1/channels/ada/broadcast')).status, 204);
  const endedMs = performance.now();
  const [recording] = await until('the recording', async () => {
    const { recordings } = recorded.parse(await (await app.api('GET', '/api/v1/channels/ada/recordings')).json());
    return recordings.length > 0 ? recordings : undefined;
  });
  const waitedMs = performance.now() - endedMs;
  if (recording === undefined) throw new Error('there is no recording');

  await t.test('at once, and whole', async (t) => {
    t.ok(waitedMs < MAX_WAIT_MS, `${Math.round(waitedMs)} ms after the end`);
    t.equal(recording.state, 'ready');
    t.ok(recording.durationSec > 16 - KEY_FRAME_SEC - 0.5 && recording.durationSec < 16.5, `${recording.durationSec} s of twice eight`);
    const detail: unknown = await (await app.get(`/api/v1/recordings/${recording.id}`)).json();
    t.match(detail, { chapters: [{ startSec: 0, title: 'Part 1' }, { startSec: Number, title: 'Part 2' }] });
  });

  await t.test('a browser plays it from end to end, and seeks across the break', async (t) => {
    const page = await (await openChromium(t)).newPage();
    await play(page, app, recording.playback.hls);
    const untilShown = async (what: string, isSo: (state: Awaited<ReturnType<typeof stateOf>>) => boolean) => until(what, async () => {
      const state = await stateOf(page);
      return isSo(state) ? state : undefined;
    }, 30_000);
    const start = await untilShown('pictures', ({ atSec }) => atSec > 1);
    t.ok(Math.abs(start.durationSec - recording.durationSec) < 0.1, 'as long as the API says');
    await page.evaluate(() => { const video = document.querySelector('video'); if (video) video.currentTime = 12; });
    await untilShown('pictures after the break', ({ atSec }) => atSec > 12.5 && atSec < 16);
    await page.evaluate(() => { const video = document.querySelector('video'); if (video) video.currentTime = 6; });
    const over = await untilShown('the end', ({ isOver }) => isOver);
    t.ok(over.durationSec - over.atSec < 0.2, `${over.atSec} s`);
    t.same(over.problems, [[], null]);
  });

  await t.test('the download has both parts, in order', async (t) => {
    const file = path.join(app.config.mediaDir, 'download.mp4');
    await writeFile(file, Buffer.from(await (await app.get(recording.download)).arrayBuffer()));
    const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'format=duration:packet=dts_time', '-of', 'json', file], { maxBuffer: 1 << 26 });
    const { packets, format } = z.object({ packets: z.array(z.object({ dts_time: z.coerce.number() })), format: z.object({ duration: z.coerce.number() }) }).parse(JSON.parse(stdout));
    t.equal(packets.length, Math.round(recording.durationSec * 30), 'every picture');
    t.same(packets.filter(({ dts_time }, i) => dts_time <= (packets[i - 1]?.dts_time ?? -Infinity)), []);
    t.ok(Math.abs(format.duration - recording.durationSec) < 0.1, `${format.duration} s`);
    t.equal((await run('ffmpeg', ['-v', 'error', '-nostdin', '-i', file, '-f', 'null', '-'])).stderr, '');
  });
});
