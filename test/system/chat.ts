import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import type { Wish } from '../../src/web/api/chat-contract.js';
import { startApp } from '../support/app.js';
import { enterRoomAsOwner, openPageOf, registerOn, textsOn, untilTexts, writeOn } from '../support/chat-page.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { end } from '../support/publisher.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import { until } from '../support/until.js';

t.test('two viewers in one chat', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { chat: { limits: { connectionsPerMin: 1_000 } } });
  await registerOn(app.url, 'bob');
  const browser = await openChromium(t);
  const [ada, bob] = [await openPageOf(t, browser, { url: app.url, path: '/ada', username: 'ada' }), await openPageOf(t, browser, { url: app.url, path: '/ada', username: 'bob' })];
  const reader = await openPageOf(t, browser, { url: app.url, path: '/ada/chat', viewport: { width: 390, height: 844 } });

  await t.test('what one says, all read', async (t) => {
    await writeOn(bob, 'hello @ada');
    for (const page of [ada, bob, reader]) t.same(await untilTexts(page, 'a message', (texts) => texts.length === 1), ['hello @ada']);
    t.equal(await ada.locator('[data-to-me]').count(), 1, 'who is spoken to sees it marked');
    t.equal(await bob.locator('.chat-pending').count(), 0, 'it stands there once');
    t.ok(await reader.getByRole('link', { name: 'Sign in to chat' }).isVisible(), 'who is not signed in reads, and is told how to write');
  });

  await t.test('by keyboard: an answer and a reaction', async (t) => {
    await ada.getByRole('log').focus();
    await ada.keyboard.press('ArrowUp');
    await ada.getByRole('button', { name: 'Reply' }).press('Enter');
    await writeOn(ada, 'hello bob');
    await untilTexts(bob, 'the answer', (texts) => texts.includes('hello bob'));
    t.match(await bob.locator('.chat-quote').textContent(), /@bob hello @ada/);
    await bob.getByRole('log').focus();
    await bob.keyboard.press('ArrowUp');
    await bob.getByRole('button', { name: 'React with 👍' }).press('Enter');
    await ada.getByRole('button', { name: '👍, 1' }).waitFor();
    t.equal(await bob.getByRole('button', { name: '👍, 1' }).getAttribute('aria-pressed'), 'true');
  });

  await t.test('names are completed', async (t) => {
    const field = bob.getByRole('combobox', { name: 'Message' });
    await field.pressSequentially('@a');
    await bob.getByRole('option', { name: 'ada' }).waitFor();
    await field.press('Tab');
    t.equal(await field.inputValue(), '@ada ');
    await field.fill('');
  });

  await t.test('who has scrolled up stays there, and is told what came', async (t) => {
    for (let line = 0; line < 40; line++) await writeOn(ada, `line ${line} of ${(line * 7919) % 104_729}`);
    await untilTexts(bob, 'all lines', (texts) => texts.length >= 30);
    const log = bob.getByRole('log');
    await log.hover();
    await bob.mouse.wheel(0, -600);
    await bob.getByRole('button', { name: 'To the newest' }).waitFor();
    const before = await log.evaluate(({ scrollTop }) => scrollTop);
    await until('the next message', async () => {
      await writeOn(ada, `one more ${await ada.locator('.chat-message').count()}`);
      return (await bob.getByRole('button', { name: /new message/ }).count()) > 0 ? true : undefined;
    });
    t.equal(await log.evaluate(({ scrollTop }) => scrollTop), before, 'nothing moves under the eyes');
    await bob.getByRole('button', { name: /new message/ }).click();
    t.ok(await log.evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight < 4));
  });

  await t.test('where only followers may write, one follows and writes; slow mode counts down', async (t) => {
    const moderate = await moderatorOf(t, app.url);
    await moderate({ followersOnlyMin: 0 });
    await bob.getByText('Only followers can write now').waitFor();
    await bob.locator('.chat').getByRole('button', { name: 'Follow' }).click();
    await bob.getByRole('combobox', { name: 'Message' }).waitFor();
    await bob.getByRole('button', { name: 'Following' }).waitFor();
    t.match(await bob.locator('.follow-count').textContent(), /^1 follower$/);
    await moderate({ slowSec: 5 });
    await bob.getByText('Slow mode 5 s').waitFor();
    await writeOn(bob, 'slowly now');
    await untilTexts(ada, 'the message', (texts) => texts.includes('slowly now'));
    await bob.getByText(/^Slow mode: \d s$/).waitFor();
    await bob.getByRole('combobox', { name: 'Message' }).fill('and again');
    t.ok(await bob.getByRole('button', { name: 'Send', exact: true }).isDisabled(), 'not yet');
    await bob.locator('button[aria-label="Send"]:enabled').click();
    await untilTexts(ada, 'the next message', (texts) => texts.includes('and again'));
  });
});

/** Sets modes as the channel's owner, who has no page for it here. */
async function moderatorOf(t: Test, origin: string): Promise<(modes: Wish<'set-modes'>['modes']) => Promise<void>> {
  const room = await enterRoomAsOwner(t, origin);
  return async (modes) => {
    const reply = await room.ask('set-modes', { channel: 'ada', modes });
    if (!reply.ok) throw new Error(reply.message);
  };
}

t.test('the server dies while people write: nothing is lost, nothing is there twice', { skip: noChromium }, async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-chat-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const ports = { httpPort: await freePort(), rtmpPort: await freePort() };
  const first = await startServerProcess(t, { folder, ...ports });
  for (const name of ['ada', 'bob']) await registerOn(first.url, name);
  const browser = await openChromium(t);
  const [ada, bob] = [await openPageOf(t, browser, { url: first.url, path: '/ada/chat', username: 'ada' }), await openPageOf(t, browser, { url: first.url, path: '/ada/chat', username: 'bob' })];
  await writeOn(ada, 'before');
  await untilTexts(bob, 'the first message', (texts) => texts.includes('before'));

  const lines = Array.from({ length: 12 }, (_, line) => `line ${line} of ${(line * 7919) % 104_729}`);
  for (const line of lines.slice(0, 6)) await writeOn(ada, line);
  await end(first.child, 'SIGKILL');
  await bob.locator('.chat[data-phase="reconnecting"]').waitFor();
  for (const line of lines.slice(6)) await writeOn(ada, line);
  await ada.locator('.chat-pending').nth(5).waitFor(); // what is written meanwhile waits

  await startServerProcess(t, { folder, ...ports });
  const expected = ['before', ...lines];
  for (const page of [ada, bob]) {
    await untilTexts(page, 'everything', (texts) => expected.every((text) => texts.includes(text)), 40_000);
    t.same(await textsOn(page), expected, 'once, in the order in which it was written');
  }
  t.equal(await ada.locator('.chat-pending').count(), 0);
});
