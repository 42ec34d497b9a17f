import type { Browser, Page } from 'playwright-core';
import t from 'tap';
import { z } from 'zod';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { openSignedIn } from '../support/signed-in.js';
import { until } from '../support/until.js';

process.env['WEBRTC_PORT'] = '0';

/** Nobody listens there: what is to be stored waits, and pages say why. */
const NO_GATEWAY = 'http://127.0.0.1:9';
const listed = z.object({ state: z.string(), files: z.array(z.unknown()) });
const archives = z.object({ archives: z.array(z.object({ broadcast: z.string() })) });

/** A show from its first frame to its place in the archive. */
async function makeShow(app: RunningApp, encoder: ReturnType<typeof publish>): Promise<void> {
  await until('a show that is on', async () => ((await (await app.get('/api/v1/live')).text()).includes('"ada"') ? true : undefined), 30_000);
  await new Promise((resolve) => encoder.once('exit', resolve));
  await app.api('DELETE', '/api/v1/channels/ada/broadcast');
  await until('its archive', async () => archives.parse(await (await app.api('GET', '/api/v1/channels/ada/archive/broadcasts')).json()).archives[0]?.broadcast, 30_000);
}

async function openAs(browser: Browser, app: RunningApp, { name, path }: { name: string; path: string }): Promise<Page> {
  const page = await openSignedIn(browser, app, { name });
  await page.goto(`${app.url}${path}`);
  return page;
}

t.test('the pages of the permanent archive', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { transcode: { ladder: ['360p'] }, archive: { arweave: { gatewayUrls: [NO_GATEWAY], checkGatewayUrls: [] } } });
  const source = await makeSourceFile(t, obsLike({ size: '640x480', seconds: 12 }));
  const browser = await openChromium(t);
  const page = await openAs(browser, app, { name: 'ada', path: '/studio' });
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  const panel = (name: string) => page.getByRole('region', { name, exact: true });

  await t.test('it is off until the channel\'s name is typed', async (t) => {
    await page.getByRole('link', { name: 'Archive settings' }).click();
    const consent = panel('Store my shows permanently');
    await consent.getByText('nothing of your shows leaves this server').waitFor();
    t.match(await consent.getByText('Nothing can be stored now').textContent(), /no wallet/, 'and says what is in the way');
    const turnOn = consent.getByRole('button', { name: 'Turn on' });
    await consent.getByLabel('Type ada to turn it on').fill('Adam');
    t.ok(await turnOn.isDisabled(), 'another name opens nothing');
    await consent.getByLabel('Every quality').check();
    await consent.getByLabel('Type ada to turn it on').fill('ada');
    await turnOn.click();
    await consent.getByText('ada turned it on just now').waitFor();
    await panel('Shows').getByText('None yet.').waitFor();
  });

  await t.test('a show that is over is listed, and can be stopped', async (t) => {
    await makeShow(app, publish(t, { url: app.publishUrl, args: copyOf(source) }));
    await page.reload();
    const show = panel('Shows').getByRole('listitem');
    t.match(await show.textContent(), /Can still be stopped.*0 of \d+ files stored/);
    await show.getByRole('link').click();
    await panel('Can still be stopped').getByRole('timer').waitFor();
    t.match(await panel('Can still be stopped').getByRole('timer').textContent(), /^2[34]:\d\d:\d\d$/, 'for a day');
    await panel('Cost').getByText('What it would cost cannot be said now').waitFor();
    t.match(await panel('Cost').textContent(), /Spent0 AR/);
  });

  await t.test('each segment is told about, by keys', async (t) => {
    const bar = page.getByRole('slider', { name: 'Segments of 360p' });
    await bar.focus();
    await bar.press('End');
    const last = await bar.getAttribute('aria-valuenow');
    t.equal(last, await bar.getAttribute('aria-valuemax'));
    await bar.press('ArrowLeft');
    t.equal(await bar.getAttribute('aria-valuenow'), String(Number(last) - 1));
    t.match(await bar.getAttribute('aria-valuetext'), /^Segment \d+, from 0:\d\d to 0:\d\d, on hold$/);
    t.match(await page.locator('.file-facts').textContent(), /CIDbaf/);
  });

  await t.test('a moderator keeps a part out, and the log says who', async (t) => {
    await openSignedIn(browser, app, { name: 'bob' });
    t.equal((await app.api('PUT', '/api/v1/channels/ada/people/bob', { role: 'moderator' })).status, 200);
    const desk = await openAs(browser, app, { name: 'bob', path: '/studio/archive/ada' });
    await desk.getByRole('region', { name: 'Shows' }).getByRole('listitem').getByRole('link').click();
    await desk.getByText('Keep something out').click();
    await desk.getByRole('slider', { name: 'From' }).fill('4');
    await desk.getByRole('slider', { name: 'To', exact: true }).fill('6');
    await desk.getByLabel('Reason').fill('a phone number');
    await desk.getByRole('button', { name: 'Leave this part out' }).click();
    await desk.getByRole('dialog').getByRole('button', { name: 'Keep it out' }).click();
    await desk.getByText('0:04 to 0:06 by bob').waitFor();
    t.match(await desk.getByRole('list', { name: 'Files by state' }).textContent(), /Left out [2-9]/);
    t.equal(await desk.getByRole('button', { name: 'Store it now' }).count(), 0, 'only the owner sends it early');
    await page.reload();
    await panel('Take-down log').getByText('kept out 0:04 to 0:06: a phone number').waitFor();
  });

  await t.test('what is sent early waits for a wallet, and says so', async (t) => {
    await page.getByRole('button', { name: 'Store it now' }).click();
    await page.getByRole('dialog').getByText('nobody can take it back').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Store it now' }).click();
    await panel('Can still be stopped').waitFor({ state: 'detached' });
    t.match(await panel('Take-down log').getByText('ended the wait').textContent(), /ended the wait/);
  });

  await t.test('the whole show is kept out', async (t) => {
    await page.getByText('Keep something out').click();
    await page.getByLabel('The whole show').check();
    await page.getByLabel('Reason').fill('it was a test');
    await page.getByRole('button', { name: 'Keep the show out' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep it out' }).click();
    await panel('Kept out').getByText('Nothing of this show was sent').waitFor();
    t.equal(await page.getByText('Keep something out').count(), 0, 'there is nothing left to keep out');
    await page.getByRole('link', { name: 'To the recording' }).click();
    await page.getByRole('link', { name: 'Its archive' }).waitFor();
    t.equal(await page.getByText('Stored permanently').count(), 0, 'viewers are told of nothing');
    const receipts = async (query: string) => listed.parse(await (await app.get(`/api/v1/broadcasts/${page.url().split('/').at(-1)}/receipts${query}`)).json());
    t.match(await receipts('?files=none'), { state: 'vetoed', files: [] }, 'who asks for no files gets none');
    t.ok((await receipts('')).files.length > 0);
  });

  await t.test('who runs the server sees why nothing is stored', async (t) => {
    await page.getByRole('link', { name: 'Operate' }).click();
    await panel('Wallets').getByText('There is no wallet').waitFor();
    t.match(await panel('Gateways and nodes').textContent(), /127\.0\.0\.1:9 does not answer/);
    t.match(await panel('Budget').textContent(), /0 AR of 1 AR/);
    const other = await openAs(browser, app, { name: 'bob', path: '/admin/archive' });
    await other.getByRole('heading', { name: 'Not for you' }).waitFor();
    t.equal(await other.getByRole('link', { name: 'Operate' }).count(), 0);
    t.same(problems, []);
  });
});
