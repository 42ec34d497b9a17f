/// <reference lib="dom" />
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { Test } from 'tap';
import { z } from 'zod';
import type { RunningApp } from './app.js';
import { openChromium } from './chromium.js';
import { until } from './until.js';

const listed = z.object({ recordings: z.array(z.object({ id: z.string() })) });
const manifestView = z.object({ isFinal: z.boolean(), segments: z.array(z.object({ rendition: z.string(), number: z.number(), cid: z.string() })) });

/** A recording with its manifest's last block. */
export interface SignedRecording {
  id: string;
  folder: string;
  segments: z.infer<typeof manifestView>['segments'];
}

/** Waits until what is published is recorded, and all of it is signed. */
export async function untilSigned(app: RunningApp): Promise<SignedRecording> {
  const id = await until('the recording', async () => listed.parse(await (await app.get('/api/v1/recordings')).json()).recordings[0]?.id, 60_000);
  const { segments } = await until('the end of the manifest', async () => {
    const manifest = manifestView.parse(await (await app.get(`/api/v1/broadcasts/${id}/manifest`)).json());
    return manifest.isFinal ? manifest : undefined;
  });
  return { id, folder: path.join(app.config.mediaDir, id), segments };
}

/** A page that checks what it plays, or does not, in a browser that has loaded nothing before. */
export async function openChecking(t: Test, address: string, checks: 'yes' | 'no' = 'yes'): Promise<Page> {
  const page = await (await openChromium(t)).newPage({ viewport: { width: 1280, height: 800 } });
  if (checks === 'yes') await page.addInitScript(() => localStorage.setItem('tidemark.checks-segments', 'yes'));
  await page.goto(address);
  return page;
}

/** Waits until the player's mark shows this. */
export async function untilMark(page: Page, name: string): Promise<void> {
  await page.locator(`.verification-button[data-mark=${name}]`).waitFor({ timeout: 30_000 });
}

/** What the panel says, by name. */
export async function factsOf(page: Page): Promise<Record<string, string>> {
  await page.locator('.verification-button').click();
  const facts = await page.locator('.verification [data-stat]').evaluateAll((all) => Object.fromEntries(all.map((one) => [one.getAttribute('data-stat') ?? '', one.textContent ?? ''])));
  await page.locator('.verification .stats-close').click();
  return facts;
}

/** What the video element itself complains about. */
export async function mediaErrorOf(page: Page): Promise<string | undefined> {
  return page.locator('video').first().evaluate((video: HTMLVideoElement) => video.error?.message);
}
