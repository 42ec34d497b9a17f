import type { Browser, Page } from 'playwright-core';
import type { Test } from 'tap';
import t from 'tap';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { openPageOf, registerOn, writeOn } from '../support/chat-page.js';
import { noChromium, openChromium } from '../support/chromium.js';

const SHOTS = process.env['SHOTS'];
const PLENTY = { messages: 1_000, windowSec: 10 };
const LIMITS = { user: PLENTY, moderator: PLENTY, address: PLENTY, connectionsPerMin: 1_000 };

/** A browser of somebody's own, on ada's page. */
async function openPage(t: Test, browser: Browser, app: RunningApp, username: string): Promise<Page> {
  const page = await openPageOf(t, browser, { url: app.url, path: '/ada', username });
  await page.locator('.chat[data-phase=open]:not([data-role=reader])').waitFor();
  return page;
}

const message = (page: Page, text: string) => page.locator('.chat-message', { hasText: text });

async function shoot(page: Page, name: string): Promise<void> {
  if (SHOTS === undefined) return;
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await page.screenshot({ animations: 'disabled', path: `${SHOTS}/${name}-${theme}.png` });
  }
}

t.test('a moderator at work, and what two viewers see of it', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { chat: { limits: LIMITS } });
  for (const name of ['bob', 'carol', 'bobby']) await registerOn(app.url, name);
  const browser = await openChromium(t);
  const [ada, bob, carol] = [await openPage(t, browser, app, 'ada'), await openPage(t, browser, app, 'bob'), await openPage(t, browser, app, 'carol')];

  await t.test('viewers have no tools', async (t) => {
    await writeOn(bob, 'good evening');
    await message(carol, 'good evening').waitFor();
    t.equal(await carol.locator('.desk-button').count(), 0);
    await message(carol, 'good evening').hover();
    t.equal(await carol.getByRole('button', { name: 'Ban (B)' }).count(), 0);
    await carol.keyboard.press('b');
    await writeOn(bob, 'still here');
    await message(carol, 'still here').waitFor();
    t.pass('a key of theirs does nothing');
  });

  await t.test('D deletes what is pointed at, and it can be undone', async (t) => {
    await message(ada, 'good evening').hover();
    await ada.keyboard.press('d');
    await message(carol, 'good evening').waitFor({ state: 'detached' });
    await ada.locator('.desk-undo').getByRole('button', { name: 'Undo' }).click();
    await message(carol, 'good evening').waitFor();
    t.equal(await message(bob, 'good evening').count(), 1, 'it is where it was');
  });

  await t.test('letters in the composer are letters', async (t) => {
    await message(ada, 'still here').hover();
    await writeOn(ada, 'bad day, tea time');
    await message(carol, 'bad day, tea time').waitFor();
    t.equal(await message(carol, 'still here').count(), 1);
  });

  await t.test('what is held waits at the desk', async (t) => {
    await ada.locator('.desk-button').click();
    await ada.getByRole('tab', { name: 'Modes' }).click();
    await ada.getByLabel('Words').fill('storm*');
    await ada.locator('.desk-add').getByRole('button', { name: 'Add' }).click();
    await ada.getByText('held for review').waitFor();
    await shoot(ada, 'modes');
    await writeOn(bob, 'a stormy sea');
    await ada.getByRole('tab', { name: 'Queue' }).click();
    await ada.locator('.desk-item', { hasText: 'a stormy sea' }).waitFor();
    t.equal(await message(carol, 'a stormy sea').count(), 0);
    await shoot(ada, 'queue');
    await ada.getByRole('button', { name: 'Approve' }).click();
    await message(carol, 'a stormy sea').waitFor();
    await ada.locator('.desk-item').waitFor({ state: 'detached' });
  });

  await t.test('a report comes with what was said before', async (t) => {
    await message(carol, 'still here').hover();
    await carol.getByRole('button', { name: 'Report to the moderators' }).click();
    await carol.locator('dialog').getByRole('button', { name: 'Report' }).click();
    const item = ada.locator('.desk-item', { hasText: 'still here' });
    await item.waitFor();
    await item.getByText('What was said before').click();
    await shoot(ada, 'report');
    t.match(await item.innerText(), /by carol[^]*good evening/);
    await item.getByRole('button', { name: 'Keep' }).click();
    await item.waitFor({ state: 'detached' });
    t.equal(await message(bob, 'still here').count(), 1);
  });

  await t.test('modes are switches', async (t) => {
    await ada.getByRole('tab', { name: 'Modes' }).click();
    await ada.getByRole('switch', { name: 'Emotes only' }).click();
    await carol.getByText('Emotes only').waitFor();
    await writeOn(bob, 'words');
    t.ok(await bob.getByText(/emote-only/i).first().waitFor().then(() => true));
    await ada.getByRole('switch', { name: 'Emotes only' }).click();
    await carol.getByText('Emotes only').waitFor({ state: 'detached' });
    await ada.getByRole('button', { name: 'Raise the shield' }).click();
    await ada.getByRole('button', { name: /Lower the shield · (10:00|9:5\d)/ }).click();
    await ada.getByRole('button', { name: 'Raise the shield' }).waitFor();
  });

  await t.test('a card has a note, timeouts and what was done', async (t) => {
    await message(ada, 'still here').locator('.chat-name').click();
    const card = ada.locator('.desk-card');
    await card.getByRole('heading', { name: 'bob' }).waitFor();
    await card.getByLabel('For the other moderators').fill('likes the sea');
    await card.getByRole('button', { name: 'Add' }).click();
    await card.getByText('likes the sea').waitFor();
    await card.getByLabel('Reason').fill('calm down');
    await card.getByRole('button', { name: '10 min' }).click();
    await card.getByText('Timeout').first().waitFor();
    await bob.getByText('calm down').first().waitFor();
    await shoot(ada, 'card');
    await ada.setViewportSize({ width: 390, height: 844 });
    await shoot(ada, 'card-phone');
    await ada.getByRole('tab', { name: 'Queue' }).click();
    await shoot(ada, 'queue-phone');
    await ada.getByRole('tab', { name: 'Modes' }).click();
    await shoot(ada, 'modes-phone');
    await ada.setViewportSize({ width: 1280, height: 800 });
    await ada.getByRole('tab', { name: 'People' }).click();
    await shoot(ada, 'people');
    await ada.getByRole('tab', { name: 'Log' }).click();
    await ada.locator('.desk-entry', { hasText: 'timed out bob for 10 min: calm down' }).waitFor();
    await shoot(ada, 'log');
    await ada.locator('.desk-entry', { hasText: 'timed out bob' }).getByRole('button', { name: 'Undo' }).click();
    await ada.locator('.desk-entry', { hasText: 'undone by ada' }).first().waitFor();
    await writeOn(bob, 'thank you');
    await message(carol, 'thank you').waitFor();
    t.pass('bob writes again');
  });

  await t.test('B bans: what was said goes, and a new account on the same browser does not help', async (t) => {
    await message(ada, 'thank you').hover();
    await shoot(ada, 'hover');
    await ada.keyboard.press('b');
    await message(carol, 'thank you').waitFor({ state: 'detached' });
    t.equal(await message(carol, 'still here').count(), 0);
    await bob.getByText(/banned/).first().waitFor();
    const answer = await bob.context().request.post(`${app.url}/api/v1/auth/login`, { data: { login: 'bobby', password: 'correct horse' } });
    t.ok(answer.ok());
    await bob.goto(`${app.url}/ada`);
    await bob.getByText(/banned/).first().waitFor();
    t.equal(await bob.locator('.chat[data-role=viewer]').count(), 1, 'bobby is signed in');
  });
});
