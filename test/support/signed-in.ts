/// <reference lib="dom" />
import type { Browser, Page } from 'playwright-core';
import type { RunningApp } from './app.js';

const PASSWORD = 'correct horse';

/** A page of its own browser session, in which somebody has signed in; who is not there yet gets an account. */
export async function openSignedIn(browser: Browser, app: RunningApp, { name, height = 800 }: { name: string; height?: number }): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height } });
  const post = (what: string, data: object) => context.request.post(`${app.url}/api/v1/auth/${what}`, { data });
  const login = await post('login', { login: name, password: PASSWORD });
  const answer = login.ok() ? login : await post('register', { username: name, email: `${name}@example.org`, password: PASSWORD });
  if (!answer.ok()) throw new Error(`${name} could not sign in: ${await answer.text()}`);
  // As the page leaves it where somebody has signed in.
  await context.addInitScript((who) => localStorage.setItem('tidemark.signed-in', who), name);
  return context.newPage();
}
