/// <reference lib="dom" />
import type { Browser, Page } from 'playwright-core';
import type { Test } from 'tap';
import { Session } from '../../src/web/api/session.js';
import { ChatClient } from '../../src/web/chat/client/chat-client.js';
import { until } from './until.js';

const PASSWORD = 'correct horse';

/** Somebody's browser on a page of the server, signed in unless it is nobody's. */
export async function openPageOf(t: Test, browser: Browser, options: { url: string; path: string; username?: string; init?: () => void; viewport?: { width: number; height: number } }): Promise<Page> {
  const { url, path, username, init, viewport = { width: 1280, height: 800 } } = options;
  const context = await browser.newContext({ viewport });
  t.after(() => context.close());
  if (init !== undefined) await context.addInitScript(init);
  if (username !== undefined) {
    const answer = await context.request.post(`${url}/api/v1/auth/login`, { data: { login: username, password: PASSWORD } });
    if (!answer.ok()) throw new Error(`${username} cannot sign in: ${await answer.text()}`);
    await context.addInitScript((name) => localStorage.setItem('tidemark.signed-in', name), username);
  }
  const page = await context.newPage();
  await page.goto(url + path);
  return page;
}

export async function registerOn(url: string, username: string): Promise<void> {
  const answer = await fetch(`${url}/api/v1/auth/register`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username, email: `${username}@example.org`, password: PASSWORD }),
  });
  if (!answer.ok) throw new Error(`${username} cannot register: ${await answer.text()}`);
}

/** What a chat page shows, from above to below. */
export async function textsOn(page: Page): Promise<string[]> {
  return page.locator('.chat-message:not(.chat-pending) .chat-text').allTextContents();
}

export async function untilTexts(page: Page, what: string, isSo: (texts: string[]) => boolean, deadlineMs = 20_000): Promise<string[]> {
  let last: string[] = [];
  try {
    return await until(what, async () => {
      last = await textsOn(page);
      return isSo(last) ? last : undefined;
    }, deadlineMs);
  } catch (cause) {
    throw new Error(`${what}: ${JSON.stringify(last.slice(-15))}`, { cause });
  }
}

export async function writeOn(page: Page, text: string): Promise<void> {
  const field = page.getByRole('combobox', { name: 'Message' });
  await field.fill(text);
  await field.press('Enter');
}

/** The room of channel ada as its owner has it, through the page's own client. */
export async function enterRoomAsOwner(t: Test, origin: string) {
  const remembered = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
  const session = new Session({ origin, remembered });
  await session.signIn({ login: 'ada', password: PASSWORD });
  const client = new ChatClient({ origin, session, remembered });
  t.after(() => client.close());
  const room = client.enter('ada');
  await until('the owner is in the room', () => (room.view.phase === 'open' ? true : undefined));
  return room;
}
