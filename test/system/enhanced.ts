/// <reference lib="dom" />
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import type { Page } from 'playwright-core';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { makeEnhanced } from '../support/enhanced.js';
import type { EnhancedOptions } from '../support/enhanced.js';
import { EnhancedPublisher } from '../support/enhanced-publisher.js';
import { findPlaylist, segmentsOf, untilPlaylist } from '../support/hls.js';
import { until } from '../support/until.js';

const run = promisify(execFile);
const SECONDS = 8;
const PLAYED_SEC = 6;

async function publish(t: Parameters<typeof EnhancedPublisher.start>[0], app: RunningApp, options: Omit<EnhancedOptions, 'seconds'>): Promise<void> {
  const tags = await makeEnhanced({ size: '640x360', keySec: 2, seconds: SECONDS, ...options });
  await EnhancedPublisher.start(t, { url: app.publishUrl, tags, loopMs: SECONDS * 1000 });
}

async function codecsOf(app: RunningApp): Promise<string[]> {
  const master = await until('every rendition has a segment', () => findPlaylist(`${app.url}/hls/ada/master.m3u8`));
  return [...master.matchAll(/CODECS="([^"]+)".*\n(\w+)\//g)].map(([, codecs, name]) => `${String(name)} ${String(codecs)}`);
}

async function probe(app: RunningApp, rendition: string): Promise<string> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name,width,height', '-of', 'csv=p=0', `${app.url}/hls/ada/${rendition}/index.m3u8`]);
  return stdout.split('\n')[0] ?? ''; // a playlist has its streams twice, in a program and beside it
}

t.test('HEVC by Enhanced RTMP: the source as it came, and H.264 beside it', async (t) => {
  const app = await startApp(t, { transcode: { ladder: ['360p'] } });
  await publish(t, app, { codec: 'hevc', x265: 'bframes=2' });
  for (const name of ['source', '360p', 'audio']) {
    await untilPlaylist(`${app.url}/hls/ada/${name}/index.m3u8`, `two segments of ${name}`, (text) => segmentsOf(text).length >= 2);
  }
  t.same(await codecsOf(app), ['source hvc1.1.6.L63.90,mp4a.40.2', '360p avc1.64001e,mp4a.40.2', 'audio mp4a.40.2']);
  t.same([await probe(app, 'source'), await probe(app, '360p')], ['hevc,640,360', 'h264,640,360']);
  const { stderr } = await run('ffmpeg', ['-v', 'warning', '-i', `${app.url}/hls/ada/source/index.m3u8`, '-t', String(PLAYED_SEC), '-f', 'null', '-']);
  t.notMatch(stderr, /error|invalid|could not/i, 'FFmpeg decodes it');
});

t.test('the streamer is told whom HEVC without a ladder reaches', async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  await publish(t, app, { codec: 'hevc' });
  await untilPlaylist(`${app.url}/hls/ada/source/index.m3u8`, 'a segment', (text) => segmentsOf(text).length > 0);
  t.same((await codecsOf(app)).map((one) => one.split(' ')[0]), ['source', 'audio'], 'nothing is encoded');
  const health = (await (await app.api('GET', '/api/v1/channels/ada/health')).json()) as { advice: { code: string; level: string }[] };
  t.match(health.advice.find(({ code }) => code === 'codec_reach'), { level: 'warn' });
});

t.test('the clock of RTMP wraps at 32 bits: the broadcast goes on without a break', async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  const tags = (await makeEnhanced({ codec: 'hevc', seconds: 8, keySec: 2 })).map((tag) => ({ ...tag, timestampMs: tag.timestampMs + 2 ** 32 - 4_000 }));
  const publisher = await EnhancedPublisher.start(t, { url: app.publishUrl, tags });
  await publisher.done;
  publisher.client.unpublish();
  const playlist = await untilPlaylist(`${app.url}/hls/ada/source/index.m3u8`, 'the end', (text) => text.includes('#EXT-X-ENDLIST'));
  const segments = segmentsOf(playlist);
  t.ok(Math.abs(segments.reduce((sum, { durationSec }) => sum + durationSec, 0) - 8) < 0.1, 'all of it is listed');
  t.same(segments.filter(({ isAfterDiscontinuity, isGap }) => isAfterDiscontinuity || isGap), []);
});

t.test('a browser plays AV1 by Enhanced RTMP', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  await publish(t, app, { codec: 'av1' });
  const page = await (await openChromium(t)).newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(`${app.url}/ada`);
  await page.locator('[data-state=live] video').waitFor({ timeout: 30_000 });
  await until('the picture moves', async () => ((await timeOf(page)) > PLAYED_SEC ? true : undefined), 40_000);
  t.equal(await page.locator('video').first().evaluate((video: HTMLVideoElement) => video.videoHeight), 360);
  t.ok(await page.locator('video').first().evaluate((video: HTMLVideoElement) => video.getVideoPlaybackQuality().totalVideoFrames > 60), 'and is decoded');
});

t.test('a browser without HEVC plays the rung beside it', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { transcode: { ladder: ['180p'], rungs: [{ name: '180p', shortSide: 180, bitrateKbps: 300 }] } });
  await publish(t, app, { codec: 'hevc' });
  const page = await (await openChromium(t)).newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(`${app.url}/ada`);
  await page.locator('[data-state=live] video').waitFor({ timeout: 30_000 });
  await until('the picture moves', async () => ((await timeOf(page)) > PLAYED_SEC ? true : undefined), 40_000);
  t.equal(await page.locator('video').first().evaluate((video: HTMLVideoElement) => video.videoHeight), 180);
});

async function timeOf(page: Page): Promise<number> {
  const video = page.locator('video').first();
  return (await video.count()) === 0 ? 0 : video.evaluate((element: HTMLVideoElement) => element.currentTime);
}
