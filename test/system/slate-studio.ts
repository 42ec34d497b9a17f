/// <reference lib="dom" />
import type { Page } from 'playwright-core';
import t from 'tap';
import { startApp } from '../support/app.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { makePicture, ONE_JPEG, ONE_PNG } from '../support/pictures.js';
import { openSignedIn } from '../support/signed-in.js';
import { until } from '../support/until.js';

t.test('a streamer chooses the picture that viewers see meanwhile', { skip: noChromium }, async (t) => {
  const app = await startApp(t);
  const studio = await openSignedIn(await openChromium(t), app, { name: 'ada' });
  const panel = studio.locator('.slate');
  const choose = async (name: string, mimeType: string, buffer: Buffer): Promise<string> => {
    await panel.locator('input[type=file]').setInputFiles({ name, mimeType, buffer });
    return panel.locator('.notice').innerText();
  };
  await studio.goto(`${app.url}/studio`);

  await t.test('and is told what is wrong with a file', async (t) => {
    t.ok(await untilDrawn(studio), 'the usual picture is shown');
    t.equal(await panel.getByRole('button', { name: 'Remove' }).count(), 0);
    t.match(await choose('moving.gif', 'image/gif', Buffer.from('GIF89a')), /no PNG, JPEG or WebP/);
    t.match(await choose('script.png', 'image/png', Buffer.from('#!/bin/sh')), /has to be a PNG, JPEG or WebP/);
    const png = makePicture('testsrc2=s=640x360', ONE_PNG);
    t.match(await choose('half.png', 'image/png', png.subarray(0, png.length / 2)), /is damaged/);
  });

  await t.test('sees the one that was taken', async (t) => {
    t.match(await choose('red.jpg', 'image/jpeg', makePicture('red', ONE_JPEG)), /the next time you are away/);
    t.match(await untilDrawn(studio), /slate\?v=/);
  });

  await t.test('also on a phone', async (t) => {
    await studio.setViewportSize({ width: 360, height: 740 });
    await panel.scrollIntoViewIfNeeded();
    const box = await panel.locator('.slate-frame').boundingBox();
    t.ok(box !== null && box.x >= 0 && box.x + box.width <= 360, 'all of it is on the screen');
    t.equal(await studio.evaluate(() => document.documentElement.scrollWidth > innerWidth), false, 'and nothing beside it');
  });

  await t.test('and takes it back', async (t) => {
    await panel.getByRole('button', { name: 'Remove' }).click();
    await panel.getByText('the usual picture again').waitFor();
    t.notMatch(await untilDrawn(studio), /v=/);
  });
});

/** The address of the picture in the studio, when it is drawn. */
async function untilDrawn(studio: Page): Promise<string> {
  const picture = studio.locator('.slate-frame img');
  return until('the picture', async () => (await picture.evaluate((image: HTMLImageElement) => (image.complete && image.naturalWidth > 0 ? image.src : ''))) || undefined);
}
