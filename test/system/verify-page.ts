/// <reference lib="dom" />
import { readFile, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { flipped, startAlteringProxy } from '../support/altering-proxy.js';
import { startApp } from '../support/app.js';
import { factsOf, mediaErrorOf, openChecking, untilMark, untilSigned } from '../support/checking.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { untilPlayed } from '../support/watching.js';

t.test('what is on air is checked as it is signed, and the recording from end to end', { skip: noChromium }, async (t) => {
  const app = await startApp(t, { transcode: { ladder: ['360p'] }, archive: { signEverySec: 2 } });
  await app.api('PATCH', '/api/v1/channels/ada', { endsOnUnpublish: true });
  const source = await makeSourceFile(t, obsLike({ size: '640x480', seconds: 10 }));
  const publisher = publish(t, { url: app.publishUrl, args: copyOf(source, { loop: true }) });

  await t.test('live', async (t) => {
    const page = await openChecking(t, `${app.url}/ada`);
    await untilPlayed(page, 4);
    await untilMark(page, 'verified');
    t.equal(await page.locator('media-controller').getAttribute('data-protocol'), 'HLS', 'whole segments: nobody signs parts');
    const facts = await factsOf(page);
    t.equal(facts['refused'], 'none');
    t.ok(Number.parseInt(facts['verified'] ?? '', 10) > 2, `${facts['verified']}`);
    t.equal(await mediaErrorOf(page), undefined);
  });

  publisher.kill('SIGINT');
  const { id, folder } = await untilSigned(app);
  const page = await (await openChromium(t)).newPage();
  const result = page.locator('.verify-result .notice');

  await t.test('a recording as it was signed', async (t) => {
    await page.goto(`${app.url}/recordings/${id}`);
    await page.locator('.recording-actions a', { hasText: 'Verify' }).click();
    await page.locator('.verify button.primary').click();
    await result.waitFor();
    t.match(await result.textContent(), /^True\. (\d+) of \1 files, .* are what was signed: every byte of it/);
  });

  await t.test('each fault has its place', async (t) => {
    const proxy = await startAlteringProxy(t, app.url);
    const other = await readFile(path.join(folder, '360p', '3.m4s'));
    proxy.alter = (where, body) => (where.endsWith('source/1.m4s') ? flipped(body) : where.endsWith('360p/2.m4s') ? other : body);
    await page.goto(`${proxy.url}/recordings/${id}/verify`);
    await page.locator('.verify button.primary').click();
    await result.waitFor();
    t.match(await result.textContent(), /^False\./);
    t.same(await page.locator('.verify-faults code').allTextContents(), ['source/1.m4s', '360p/2.m4s']);
    t.match(await page.locator('.verify-faults').textContent(), /source\/1\.m4s has other bytes than were signed, 0:0\d to 0:0\d of the show/);
    t.match(await page.locator('.verify-faults').textContent(), /360p\/2\.m4s has the bytes of 360p\/3\.m4s, 0:0\d to 0:0\d of the show/);
  });

  await t.test('a folder on this device', async (t) => {
    const changed = path.join(folder, 'source', '1.m4s');
    await writeFile(changed, flipped(await readFile(changed)));
    await unlink(path.join(folder, '360p', '2.m4s'));
    await page.goto(`${app.url}/recordings/verify`);
    await page.locator('input[type=file]').setInputFiles(folder);
    await result.waitFor();
    t.match(await result.textContent(), /^False\./);
    t.match(await page.locator('.verify-faults').textContent(), /source\/1\.m4s has other bytes than were signed.*360p\/2\.m4s is missing/);
    await page.locator('.verify-key input').fill('did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp');
    await page.locator('input[type=file]').setInputFiles(folder);
    await page.locator('.verify-result .notice', { hasText: 'not by did:key:z6MkiTBz' }).waitFor();
    t.match(await result.textContent(), /^False\. The manifest itself is not what was signed/, 'a foreign key');
  });
});
