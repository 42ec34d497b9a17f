/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import t from 'tap';
import type { Test } from 'tap';
import { z } from 'zod';
import { startApp } from '../support/app.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { copyOf, end, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { openSignedIn } from '../support/signed-in.js';
import { until } from '../support/until.js';
import { readPlayer, untilPlayed, untilPlayer } from '../support/watching.js';

const clips = z.object({ clips: z.array(z.object({ title: z.string(), startAt: z.string(), durationSec: z.number(), sizeBytes: z.number() })) });
const recordings = z.object({ recordings: z.array(z.object({ id: z.string() })) });
const CLIP_SEC = 5;
const SEGMENT_SEC = 2;
/** From what the page was asked to what it is told. */
const PRESS_SEC = 1;
const KEY_FRAME_SEC = 2;

/** Presses the button, goes through the dialog, and returns the address of the clip. */
async function makeClip(page: Page, title: string, { isExact = false } = {}): Promise<string> {
  await page.locator('.clip-button').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Title').pressSequentially(title);
  await dialog.getByRole('slider').fill(String(CLIP_SEC));
  if (isExact) await dialog.getByLabel('Cut to the frame').check();
  await dialog.getByRole('button', { name: 'Make the clip' }).click();
  const where = await dialog.getByRole('link', { name: 'Open the clip' }).getAttribute('href');
  await dialog.getByRole('button', { name: 'Go on watching' }).click();
  return where ?? '';
}

async function plays(t: Test, page: Page, durationSec: number): Promise<void> {
  const video = page.locator('.clip-video');
  await video.evaluate((element: HTMLVideoElement) => element.play());
  await until('all of it', async () => ((await video.evaluate(({ ended }: HTMLVideoElement) => ended)) ? true : undefined), 15_000);
  const shown = await video.evaluate(({ duration, videoHeight, error }: HTMLVideoElement) => ({ duration, videoHeight, error: error?.message }));
  t.match(shown, { videoHeight: 360, error: undefined });
  t.ok(Math.abs(shown.duration - durationSec) < 0.1, `${shown.duration} s, as it is said`);
}

t.test('clips in a browser', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { transcode: { ladder: 'off' } });
  const encoder = publish(t, { url: app.publishUrl, args: copyOf(await makeSourceFile(t, obsLike({ size: '640x360', seconds: 90 }))) });
  const browser = await openChromium(t);
  const page = await openSignedIn(browser, app, { name: 'bob' });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  const find = async (title: string) => {
    const found = clips.parse(await (await app.get('/api/v1/channels/ada/clips')).json()).clips.find((clip) => clip.title === title);
    if (found === undefined) throw new Error(`there is no clip ${title}`);
    return { ...found, startSec: Date.parse(found.startAt) / 1000 };
  };

  await t.test('a stranger is asked to sign in', async (t) => {
    const stranger = await browser.newPage();
    await stranger.goto(`${app.url}/ada`);
    await untilPlayer(stranger, 'it plays', ({ phase }) => phase === 'playing', 30_000);
    await stranger.locator('.clip-button').click();
    t.equal(await stranger.getByRole('dialog').getByRole('link', { name: 'Sign in' }).getAttribute('href'), '/login');
    await stranger.close();
  });

  await t.test('a viewer keeps what was just seen live, to the frame', async (t) => {
    await page.goto(`${app.url}/ada`);
    await untilPlayer(page, 'it plays', ({ phase }) => phase === 'playing', 30_000);
    const { behindSec = 0 } = await untilPlayed(page, 10);
    const pressedSec = Date.now() / 1000 - behindSec;
    const isMuted = () => page.locator('video').evaluate(({ muted }: HTMLVideoElement) => muted);
    const wasMuted = await isMuted();
    const where = await makeClip(page, 'Make k of m', { isExact: true });
    t.equal(await isMuted(), wasMuted, 'what is typed is no key of the player');
    await untilPlayed(page, 1);
    const { startSec, durationSec } = await find('Make k of m');
    t.ok(durationSec <= CLIP_SEC && durationSec > CLIP_SEC - SEGMENT_SEC, `${durationSec} s: a segment that is not whole yet is not in it`);
    t.ok(Math.abs(pressedSec - CLIP_SEC - startSec) < PRESS_SEC, `${pressedSec - startSec} s before`);
    await page.goto(`${app.url}${where}`);
    await plays(t, page, durationSec);
  });

  await t.test('and takes it home', async (t) => {
    const coming = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    const download = await coming;
    t.match(download.suggestedFilename(), /^Make k of m .*\.mp4$/);
    t.equal(await download.failure(), null);
  });

  await t.test('a place of a recording, from the key frame before', async (t) => {
    await end(encoder);
    t.equal((await app.api('DELETE', '/api/v1/channels/ada/broadcast')).status, 204);
    const { id } = await until('the recording', async () => recordings.parse(await (await app.get('/api/v1/channels/ada/recordings')).json()).recordings[0], 30_000);
    await page.goto(`${app.url}/recordings/${id}?t=6`);
    await untilPlayer(page, 'it plays', ({ phase, currentTime }) => phase === 'playing' && currentTime >= 6, 30_000);
    const [, epoch = ''] = /PROGRAM-DATE-TIME:(\S+)/.exec(await (await app.get(`/vod/${id}/source/index.m3u8`)).text()) ?? [];
    const pressedSec = Date.parse(epoch) / 1000 + (await readPlayer(page)).currentTime;
    const where = await makeClip(page, 'Later');
    const { startSec, durationSec } = await find('Later');
    t.ok(startSec > pressedSec - KEY_FRAME_SEC && startSec < pressedSec + PRESS_SEC, `${pressedSec - startSec} s before`);
    await page.goto(`${app.url}${where}`);
    await plays(t, page, durationSec);
  });

  await t.test('its channel lists it', async (t) => {
    await page.goto(`${app.url}/ada`);
    const list = page.locator('[aria-labelledby=clips-title]');
    await list.getByText('Clip by bob').first().waitFor();
    t.same(await list.locator('.card-title').allInnerTexts(), ['Later', 'Make k of m']);
  });

  await t.test('the owner of the channel deletes it, a stranger cannot', async (t) => {
    const [stranger, owner] = [await browser.newPage(), await openSignedIn(browser, app, { name: 'ada' })];
    for (const visitor of [stranger, owner]) {
      await visitor.goto(`${app.url}/ada`);
      await visitor.getByRole('link', { name: 'Later' }).click();
      await visitor.getByRole('link', { name: 'Download' }).waitFor();
    }
    t.equal(await stranger.getByRole('button', { name: 'Delete' }).count(), 0);
    await owner.getByRole('button', { name: 'Delete' }).click();
    await owner.getByRole('button', { name: 'Delete clip' }).click();
    await owner.waitForURL('**/ada');
    await stranger.reload();
    await stranger.getByRole('heading', { name: 'No such clip' }).waitFor();
    await t.rejects(find('Later'), 'it is listed no more');
    t.same(problems, []);
  });
});
