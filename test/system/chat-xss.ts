/// <reference lib="dom" />
import type { Page, WebSocketRoute } from 'playwright-core';
import t from 'tap';
import type { Test } from 'tap';
import { startApp } from '../support/app.js';
import { enterRoomAsOwner, openPageOf, untilTexts } from '../support/chat-page.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { until } from '../support/until.js';
import { XSS_VECTORS } from '../support/xss-vectors.js';

const PLENTY = { messages: 10_000, windowSec: 10 };
const LIMITS = { user: PLENTY, moderator: PLENTY, address: PLENTY, room: PLENTY, connectionsPerMin: 1_000, eventsPer10Sec: 10_000 };

/** Elements that no page of ours draws. */
const FORBIDDEN = 'script, iframe, frame, object, embed, base, meta, link, style, math, xss, bgsound, details[ontoggle], img[src*="script:"]';

/** Runs in the page before anything else: whatever runs, or would have run without the policy, is written down. */
function setTrap(): void {
  const caught: string[] = [];
  Reflect.set(window, 'caught', caught);
  for (const name of ['alert', 'confirm', 'prompt', 'print']) Reflect.set(window, name, () => void caught.push(name));
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => void caught.push(`${violatedDirective} ${blockedURI}`));
}

/** What ran, was refused by the policy, or was let into the document; links that lead elsewhere than to a page. */
async function caughtOn(page: Page): Promise<unknown> {
  return page.evaluate((forbidden) => ({
    caught: Reflect.get(window, 'caught'),
    elements: Array.from(document.querySelectorAll(`#root :is(${forbidden})`), ({ outerHTML }) => outerHTML),
    handlers: Array.from(document.querySelectorAll('#root *')).flatMap(({ attributes }) => Array.from(attributes, ({ name }) => name)).filter((name) => name.startsWith('on')),
    links: Array.from(document.querySelectorAll<HTMLAnchorElement>('#root a'), ({ protocol }) => protocol).filter((protocol) => !['http:', 'https:'].includes(protocol)),
  }), FORBIDDEN);
}
const NOTHING = { caught: [], elements: [], handlers: [], links: [] };

/** The mouse goes over everything that is drawn: some vectors wait for it. */
async function hoverAll(page: Page, selector: string): Promise<void> {
  await page.locator(selector).evaluateAll((elements) => {
    for (const element of elements) for (const name of ['mouseover', 'mouseenter', 'focusin']) element.dispatchEvent(new MouseEvent(name, { bubbles: true }));
  });
}

async function sayAll(t: Test, origin: string): Promise<string[]> {
  const room = await enterRoomAsOwner(t, origin);
  for (const vector of XSS_VECTORS) room.say(vector);
  await until('all of it is said', () => (room.view.pending.every(({ failure }) => failure !== undefined) ? true : undefined), 60_000);
  t.same(room.view.pending.map(({ failure }) => failure?.code), [], 'nobody is kept from writing about scripts');
  return room.view.messages.map(({ text }) => text);
}

/** Passes the chat through, with every name, quote, emote and reaction replaced by what should not run. */
function forge(socket: WebSocketRoute): void {
  const server = socket.connectToServer();
  let next = 0;
  const vector = (): string => XSS_VECTORS[next++ % XSS_VECTORS.length] ?? '';
  server.onMessage((packet) => {
    const [, head, body] = /^(4[23]\/chat,\d*)(.*)$/s.exec(String(packet)) ?? [];
    if (head === undefined || body === undefined) return socket.send(packet);
    const forged: unknown = JSON.parse(body, (key, value: unknown) => {
      if (key === 'author' && typeof value === 'object') return { ...value, username: vector() };
      if (key === 'emotes') return XSS_VECTORS.map((url, at) => ({ id: `e${at}`, code: `x${at}`, url: at % 2 === 0 ? url : `javascript:alert(${at})`, isAnimated: false }));
      if (key === 'text' && typeof value === 'string') return `${value} :x${next % XSS_VECTORS.length}:`;
      if (key === 'mentions') return ['bob', vector()];
      return value;
    });
    socket.send(head + JSON.stringify(forged, (key, value: unknown) => (isMessage(key, value) ? { ...value, replyTo: { id: 'x', username: vector(), text: vector() }, reactions: { [vector()]: 3 } } : value)));
  });
}

function isMessage(_key: string, value: unknown): value is { author: unknown } {
  return typeof value === 'object' && value !== null && 'author' in value && !('replyTo' in value);
}

t.test('nothing that people write runs in a page', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { chat: { limits: LIMITS } });
  const said = await sayAll(t, app.url);
  const browser = await openChromium(t);
  const open = (where: string): Promise<Page> => openPageOf(t, browser, { url: app.url, path: where, username: 'ada', init: setTrap });
  t.equal(said.length, XSS_VECTORS.length, 'each vector is a message');

  await t.test('the trap catches what would run', async (t) => {
    const page = await open('/ada/chat');
    await page.locator('.chat-message').first().waitFor();
    await page.locator('.chat-text').first().evaluate((element, vectors) => { element.innerHTML = vectors.join(''); }, XSS_VECTORS.filter((vector) => /onerror|<iframe src=https/.test(vector)));
    await until('a report', async () => (/script-src-attr|frame-src|default-src/.test(JSON.stringify(await caughtOn(page))) ? true : undefined));
    t.notSame(await caughtOn(page), NOTHING);
  });

  for (const [name, where] of [['beside the show', '/ada'], ['popped out', '/ada/chat'], ['over a picture', '/ada/overlay?max=100']] as const) {
    await t.test(`messages ${name}`, async (t) => {
      const page = await open(where);
      const expected = said.slice(-100);
      t.same(await untilTexts(page, 'all of them', (texts) => texts.length >= expected.length), expected, 'each is shown as it was written');
      await hoverAll(page, '.chat-message *');
      t.same(await caughtOn(page), NOTHING);
    });
  }

  await t.test('names, quotes, mentions, emotes and reactions, as a server would never send them', async (t) => {
    const page = await open('/nowhere-yet');
    await page.routeWebSocket(/socket\.io/, forge);
    await page.goto(`${app.url}/ada/chat`);
    await until('forged names', async () => ((await page.locator('.chat-name', { hasText: '<' }).count()) > 50 ? true : undefined));
    t.ok(await page.locator('.chat-quote', { hasText: 'alert' }).count() > 20);
    t.ok(await page.locator('.chat-reactions button').count() > 20);
    await hoverAll(page, '.chat *');
    t.same(await caughtOn(page), NOTHING);
  });

  await t.test('the title and the description of a channel', async (t) => {
    const page = await open('/ada');
    for (const vector of XSS_VECTORS.filter((_, at) => at % 12 === 0)) {
      const answer = await app.api('PATCH', '/api/v1/channels/ada', { title: vector.slice(0, 80), description: vector });
      t.equal(answer.status, 200, vector);
      await page.reload();
      await page.locator('.watch-description').waitFor();
      t.match(await page.title(), vector.slice(0, 80).replace(/\s+/g, ' ').trim().slice(0, 20));
      t.same(await caughtOn(page), NOTHING);
    }
  });

  await t.test('titles of shows and recordings', async (t) => {
    const recordings = XSS_VECTORS.map((title, at) => ({
      id: `r${at}`, title, description: title, visibility: 'public', startedAt: '2026-03-01T12:00:00Z', durationSec: 60, isKept: false, channel: { slug: title, title },
      poster: '/favicon.svg', storyboard: '/none.json', playback: { hls: '/none.m3u8' }, download: '/none.mp4',
    }));
    const page = await open('/nowhere-yet');
    await page.route(/\/api\/v1\/(channels\/ada\/)?recordings/, (route) => route.fulfill({ json: { recordings } }));
    await page.route(/\/api\/v1\/live$/, (route) => route.fulfill({ json: { broadcasts: recordings.map(({ id, title }) => ({ id, channel: { slug: title, title }, startedAt: '2026-03-01T12:00:00Z', viewers: 1, playback: { hls: '/x' } })) } }));
    for (const where of ['/', '/ada']) {
      await page.goto(app.url + where);
      await page.getByText(XSS_VECTORS[0] ?? '', { exact: true }).first().waitFor();
      await hoverAll(page, 'main *');
      t.same(await caughtOn(page), NOTHING, where);
    }
  });
});
