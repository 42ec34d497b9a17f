/// <reference lib="dom" />
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { z } from 'zod';
import { startApp } from '../support/app.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { flashAndBeep, pairsOf } from '../support/flash-beep.js';
import { copyOf, makeSourceFile, publish } from '../support/publisher.js';
import { until } from '../support/until.js';
import { readPlayer, untilPlayer } from '../support/watching.js';

process.env['WEBRTC_PORT'] = '0';

const run = promisify(execFile);
const recorded = z.object({ recordings: z.array(z.object({ id: z.string(), state: z.string(), durationSec: z.number(), download: z.string() })) });
const detailed = z.object({ chapters: z.array(z.object({ startSec: z.number() })) });
const probed = z.object({
  packets: z.array(z.object({ codec_type: z.string(), pts_time: z.coerce.number(), dts_time: z.coerce.number() })),
  format: z.object({ duration: z.coerce.number() }),
});
/** How long the publisher is there each time, seconds. */
const STRETCHES = [10, 8, 11];
/** What the eye does not see (ITU-R BT.1359), and what the issue allows. */
const MAX_OFFSET_MS = 60;
const MAX_LENGTH_ERROR_SEC = 0.5;
/** Where stretches meet, sound and picture end up to a frame of sound and one of pictures apart. */
const MAX_STEP_SEC = 0.1;

t.test('the file of a show with two returns: one clock, and sound with its pictures before, between and after', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-file-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const sources = await Promise.all(STRETCHES.map((seconds) => makeSourceFile(t, flashAndBeep(seconds))));
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  t.equal((await app.api('PATCH', '/api/v1/channels/ada', { endsOnUnpublish: false })).status, 200);
  const untilState = (state: string) => until(`the state ${state}`, async () => (await (await app.get('/api/v1/channels/ada/live')).text()).includes(`"state":"${state}"`) || undefined);
  for (const source of sources) {
    const publisher = publish(t, { url: app.publishUrl, args: copyOf(source) });
    await untilState('live');
    await new Promise((resolve) => publisher.once('exit', resolve));
    await untilState('reconnecting');
  }
  t.equal((await app.api('DELETE', '/api/v1/channels/ada/broadcast')).status, 204);
  const recording = await until('the recording', async () => recorded.parse(await (await app.api('GET', '/api/v1/channels/ada/recordings')).json()).recordings[0]);
  const { chapters } = detailed.parse(await (await app.get(`/api/v1/recordings/${recording.id}`)).json());
  const file = path.join(folder, 'download.mp4');
  await writeFile(file, Buffer.from(await (await app.get(recording.download)).arrayBuffer()));
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'packet=codec_type,pts_time,dts_time:format=duration', '-of', 'json', file], { maxBuffer: 1 << 26 });
  const { packets, format } = probed.parse(JSON.parse(stdout));

  await t.test('it is as long as the three together', async (t) => {
    const wanted = STRETCHES.reduce((sum, seconds) => sum + seconds);
    t.equal(recording.state, 'ready');
    t.ok(Math.abs(format.duration - wanted) < MAX_LENGTH_ERROR_SEC, `${format.duration} s of ${wanted}`);
    t.ok(Math.abs(format.duration - recording.durationSec) < 0.1, `${recording.durationSec} s, says the API`);
  });

  for (const kind of ['video', 'audio']) {
    await t.test(`times of ${kind} only rise, and leave no hole`, async (t) => {
      const own = packets.filter(({ codec_type }) => codec_type === kind);
      const shown = own.map(({ pts_time }) => pts_time).sort((a, b) => a - b);
      const steps = shown.slice(1).map((time, i) => time - (shown[i] ?? Number.NaN));
      t.same(own.filter(({ dts_time }, i) => i > 0 && dts_time <= (own[i - 1]?.dts_time ?? Infinity)), [], 'of decoding');
      t.ok(Math.min(...steps) > 0, 'of showing');
      t.ok(Math.max(...steps) < MAX_STEP_SEC, `${Math.max(...steps)} s at most from one to the next`);
    });
  }

  await t.test('beeps come with their flashes', async (t) => {
    const starts = chapters.map(({ startSec }) => startSec);
    t.equal(starts.length, STRETCHES.length);
    const pairs = await pairsOf(file, file);
    for (const [i, startSec] of starts.entries()) {
      const offsets = pairs.filter(({ atSec }) => atSec > startSec - 0.5 && atSec < (starts[i + 1] ?? Infinity) - 0.5).map(({ offsetMs }) => offsetMs);
      t.ok(offsets.length >= 3, `part ${i + 1} shows ${offsets.length} flashes`);
      t.same(offsets.filter((offset) => Math.abs(offset) >= MAX_OFFSET_MS), [], `part ${i + 1}: ${offsets.map((offset) => offset.toFixed(1)).join(', ')} ms`);
    }
  });

  await t.test('every picture and sound can be decoded', async (t) => {
    t.equal((await run('ffmpeg', ['-v', 'error', '-nostdin', '-i', file, '-f', 'null', '-'])).stderr, '');
  });

  await t.test('the page plays it to its end, and again', { skip: noChromium }, async (t) => {
    const page = await (await openChromium(t)).newPage();
    await page.goto(`${app.url}/recordings/${recording.id}`);
    await untilPlayer(page, 'it plays', ({ phase, currentTime }) => phase === 'playing' && currentTime > 0.5);
    const video = page.locator('video').first();
    const [, , lastSec = 0] = chapters.map(({ startSec }) => startSec);
    await video.evaluate((element: HTMLVideoElement, atSec) => { element.currentTime = atSec; }, lastSec - 1);
    await until('the end', async () => (await video.evaluate((element: HTMLVideoElement) => element.ended)) || undefined, 30_000);
    t.equal((await readPlayer(page)).phase, 'playing', 'nothing is waited for');
    await page.locator('media-play-button').first().evaluate((button: HTMLElement) => button.click());
    const again = await untilPlayer(page, 'it plays from the start', ({ currentTime }) => currentTime > 0.5 && currentTime < lastSec - 1);
    t.ok(again.currentTime < 10, `${again.currentTime} s`);
    t.equal(await video.evaluate((element: HTMLVideoElement) => element.error), null);
  });
});
