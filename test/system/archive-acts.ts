/// <reference lib="dom" />
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import t from 'tap';
import { z } from 'zod';
import { readWallet } from '../../src/archive/arweave/wallet-file.js';
import { keyBytesOf } from '../../src/archive/manifest/did-bytes.js';
import { startApp } from '../support/app.js';
import type { RunningApp } from '../support/app.js';
import { arlocalMissing, startArlocal } from '../support/arlocal.js';
import type { Arlocal } from '../support/arlocal.js';
import { FaultyGateway } from '../support/arweave-faults.js';
import { writeWalletFile } from '../support/arweave-wallet.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { openSignedIn } from '../support/signed-in.js';
import { until } from '../support/until.js';

process.env['WEBRTC_PORT'] = '0';

const run = promisify(execFile);
const AR = 10n ** 12n;
/** Three tries with pauses of five and ten seconds between them. */
const GIVEN_UP_WITHIN_MS = 40_000;
const STORED_WITHIN_MS = 40_000;
const archives = z.object({ archives: z.array(z.object({ broadcast: z.string(), state: z.string() })) });
const receipts = z.object({ files: z.array(z.object({ name: z.string(), arweave: z.object({ url: z.string() }).nullable() })) });

/** A network that mines what comes at once: what is posted is confirmed a moment later. */
async function startNetwork(t: Parameters<typeof startArlocal>[0]): Promise<{ arlocal: Arlocal; post: FaultyGateway; check: FaultyGateway; wallet: string }> {
  const [arlocal, wallet] = await Promise.all([startArlocal(t), writeWalletFile(t)]);
  const [post, check] = [await FaultyGateway.open(t, arlocal.url), await FaultyGateway.open(t, arlocal.url)];
  post.onPosted = () => arlocal.mine();
  await arlocal.mint((await readWallet(wallet)).address, AR);
  return { arlocal, post, check, wallet };
}

/** A show that is over, as the archive has it. */
async function makeShow(app: RunningApp, encoder: ReturnType<typeof publish>): Promise<string> {
  if (encoder.exitCode === null) await new Promise((resolve) => encoder.once('exit', resolve));
  await app.api('DELETE', '/api/v1/channels/ada/broadcast');
  return until('its archive', async () => archives.parse(await (await app.api('GET', '/api/v1/channels/ada/archive/broadcasts')).json()).archives[0]?.broadcast, 30_000);
}

/** arlocal unpacks only items of owners that it has seen. */
async function introduce(app: RunningApp, arlocal: Arlocal): Promise<void> {
  const { key } = z.object({ key: z.string() }).parse(await (await app.get('/api/v1/channels/ada/signing-key')).json());
  await arlocal.mint(createHash('sha256').update(keyBytesOf(key)).digest('base64url'), 1n);
}

async function answer(page: Page, question: string, action: string): Promise<void> {
  await page.getByRole('button', { name: question }).click();
  await page.getByRole('dialog').getByRole('button', { name: action }).click();
}

t.test('what owners do with a show that is stored, on its page', { skip: noChromium || arlocalMissing }, async (t) => {
  const [{ arlocal, post, check, wallet }, browser, source] = await Promise.all([startNetwork(t), openChromium(t), makeSourceFile(t, obsLike({ size: '640x480', seconds: 4, bitrate: '600k' }))]);
  const app = await startApp(t, {
    transcode: { ladder: ['360p'] },
    archive: { arweave: { walletFiles: [wallet], gatewayUrls: [post.url], checkGatewayUrls: [check.url], confirmations: 1 } },
  });
  const page = await openSignedIn(browser, app, { name: 'ada' });
  const panel = (name: string) => page.getByRole('region', { name, exact: true });
  const copy = await mkdtemp(path.join(tmpdir(), 'tidemark-acts-'));
  t.after(() => rm(copy, { recursive: true, force: true }));
  const encoder = publish(t, { url: app.publishUrl, args: copyOf(source) });
  let id = '';

  await t.test('what is chosen counts with the name that turns it on', async (t) => {
    await page.goto(`${app.url}/studio/archive`);
    await page.getByLabel('Encrypt it').check();
    await page.getByLabel('Type ada to turn it on').fill('ada');
    await page.getByRole('button', { name: 'Turn on' }).click();
    await page.getByText('ada turned it on just now').waitFor();
    t.match(await (await app.api('GET', '/api/v1/channels/ada/archive')).json(), { isOn: true, isEncrypted: true });
    t.ok(await page.getByLabel('Encrypt it').isChecked());
  });

  await t.test('what failed says whose fault it was, and is tried again', async (t) => {
    id = await makeShow(app, encoder);
    await introduce(app, arlocal);
    post.spoil({ kind: 'refuses-transactions' });
    await page.goto(`${app.url}/recordings/${id}/archive`);
    await page.getByText('Keep something out').click();
    await page.getByRole('slider', { name: 'From' }).fill('2');
    await page.getByRole('slider', { name: 'To', exact: true }).fill('3');
    await page.getByLabel('Reason').fill('a phone number');
    await answer(page, 'Leave this part out', 'Keep it out');
    await page.getByText('0:02 to 0:03 by ada').waitFor();
    await answer(page, 'Store it now', 'Store it now');
    await panel('What failed').getByText('Tidemark’s fault').first().waitFor({ timeout: GIVEN_UP_WITHIN_MS });
    t.equal(await page.getByRole('link', { name: / on Arweave$/ }).count(), 0, 'what was not sent has no address there');
    post.heal();
    const again = panel('What failed').getByRole('button', { name: 'Try again' });
    for (let letters = await again.count(); letters > 0; letters -= 1) {
      await again.first().click();
      await until('one less', async () => (await again.count()) < letters || undefined);
    }
    await page.getByRole('heading', { name: 'Stored permanently' }).waitFor({ timeout: STORED_WITHIN_MS });
    t.match(await page.getByRole('list', { name: 'Files by state' }).textContent(), /Left out 2Stored \d+/);
  });

  await t.test('the page is as wide as a phone, whatever is in its log', async (t) => {
    await page.setViewportSize({ width: 360, height: 780 });
    await panel('Take-down log').getByText('signed a transaction').first().waitFor();
    t.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth));
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  await t.test('all of it is fetched back again, and the page says when that is done', async (t) => {
    const before = check.requests.length;
    await page.getByRole('button', { name: 'Verify now' }).click();
    await panel('Take-down log').getByText('had everything fetched back again').waitFor();
    await page.getByRole('button', { name: 'Verify now' }).waitFor({ timeout: STORED_WITHIN_MS });
    t.ok(check.requests.length > before);
    t.ok(await page.getByRole('heading', { name: 'Stored permanently' }).isVisible());
  });

  await t.test('with its key, what is on Arweave is read without the server', async (t) => {
    const waited = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download the key' }).click();
    await (await waited).saveAs(path.join(copy, 'key.txt'));
    const { files } = receipts.parse(await (await app.get(`/api/v1/broadcasts/${id}/receipts`)).json());
    const url = files.find(({ name }) => name === '360p/0.m4s')?.arweave?.url ?? '';
    await mkdir(path.join(copy, 'show/360p'), { recursive: true });
    await writeFile(path.join(copy, 'show/360p/0.m4s.enc'), Buffer.from(await (await fetch(url)).arrayBuffer()));
    const { stdout } = await run(process.execPath, [path.resolve('dist/tidemark.js'), 'decrypt', path.join(copy, 'show'), '--key', path.join(copy, 'key.txt')]);
    t.equal(stdout, '1 file decrypted\n');
    const plain = Buffer.from(await (await app.get(`/media/${id}/360p/0.m4s`)).arrayBuffer());
    t.ok(plain.length > 0 && plain.equals(await readFile(path.join(copy, 'show/360p/0.m4s'))));
  });

  await t.test('without its key, nobody reads it', async (t) => {
    const erase = panel('Erase it');
    await erase.getByLabel('Type ada to erase it').fill('ad');
    t.ok(await erase.getByRole('button', { name: 'Destroy the key' }).isDisabled());
    await erase.getByLabel('Type ada to erase it').fill('ada');
    await erase.getByRole('button', { name: 'Destroy the key' }).click();
    await page.getByRole('heading', { name: 'Erased' }).waitFor();
    t.equal(await page.getByRole('button', { name: 'Download the key' }).count(), 0);
    await panel('Take-down log').getByText('destroyed the key').waitFor();
  });

  await t.test('it is turned off when that was asked twice', async (t) => {
    await page.getByRole('link', { name: 'All shows' }).click();
    await page.getByRole('button', { name: 'Turn off' }).click();
    await page.getByRole('dialog').getByText('kept out for good').waitFor();
    t.match(await (await app.api('GET', '/api/v1/channels/ada/archive')).json(), { isOn: true });
    await page.getByRole('dialog').getByRole('button', { name: 'Turn off' }).click();
    await page.getByText('nothing of your shows leaves this server').waitFor();
    t.match(await (await app.api('GET', '/api/v1/channels/ada/archive')).json(), { isOn: false });
  });
});
