/// <reference lib="dom" />
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import t from 'tap';
import type { Test } from 'tap';
import { flipped, startAlteringProxy } from '../support/altering-proxy.js';
import { startApp } from '../support/app.js';
import { factsOf, mediaErrorOf, openChecking, untilMark, untilSigned } from '../support/checking.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { copyOf, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { untilPlayed, untilPlayer } from '../support/watching.js';

/** Another place that has the recording's files by their CIDs, and answers what it is told to. */
interface Gateway {
  url: string;
  files: Map<string, Buffer>;
  alter: (body: Buffer) => Buffer;
}

async function startGateway(t: Test): Promise<Gateway> {
  const gateway: Gateway = { url: '', files: new Map(), alter: (body) => body };
  const server = createServer((request, response) => {
    const bytes = gateway.files.get((request.url ?? '').slice('/ipfs/'.length));
    response.writeHead(bytes === undefined ? 404 : 200, { 'access-control-allow-origin': '*' }).end(bytes && gateway.alter(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  gateway.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  return gateway;
}

const PLAYED_SEC = 6;

/** What playing for some seconds takes of a page's main thread, and what hashing takes by itself. */
async function costOf(t: Test, address: string, checks: 'yes' | 'no'): Promise<{ busy: string; files: number; hashMs: string }> {
  const page = await openChecking(t, address, checks);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await untilPlayed(page, PLAYED_SEC);
  const { metrics } = await session.send('Performance.getMetrics');
  const msOf = (metric: string) => Math.round((metrics.find(({ name }) => name === metric)?.value ?? 0) * 1000);
  const files = checks === 'yes' ? Number.parseInt((await factsOf(page))['verified'] ?? '', 10) : 0;
  return { busy: `${msOf('TaskDuration')} ms, ${msOf('ScriptDuration')} of them scripts`, files, hashMs: await page.evaluate(hashTimes) };
}

/** The median of a few, for segments of these sizes. */
async function hashTimes(): Promise<string> {
  const shown: string[] = [];
  for (const mib of [0.5, 1, 4]) {
    const times: number[] = [];
    for (let round = 0; round < 9; round++) {
      const bytes = new Uint8Array(mib * 1048576).fill(round);
      const startMs = performance.now();
      await crypto.subtle.digest('SHA-256', bytes);
      times.push(performance.now() - startMs);
    }
    shown.push(`${mib} MiB ${times.sort((a, b) => a - b)[4]?.toFixed(1)}`);
  }
  return shown.join(', ');
}

t.test('every segment is compared with what was signed before it plays', { skip: noChromium }, async (t) => {
  const gateway = await startGateway(t);
  // What is over soon comes from the disk alone.
  const app = await startApp(t, { transcode: { ladder: ['360p'] }, packager: { windowSec: 6 }, archive: { ipfs: { gatewayUrls: [gateway.url] } } });
  await app.api('PATCH', '/api/v1/channels/ada', { endsOnUnpublish: true });
  const proxy = await startAlteringProxy(t, app.url);
  publish(t, { url: app.publishUrl, args: copyOf(await makeSourceFile(t, obsLike({ size: '640x480', seconds: 16 }))) });
  const { id, folder, segments } = await untilSigned(app);
  const pageUrl = `${proxy.url}/recordings/${id}`;
  for (const { rendition, number, cid } of segments) gateway.files.set(cid, await readFile(path.join(folder, rendition, `${number}.m4s`)));

  await t.test('nobody who does not want it pays for it', async (t) => {
    const page = await (await openChromium(t)).newPage();
    await page.goto(pageUrl);
    await untilPlayed(page, 2);
    await untilMark(page, 'off');
    t.same(proxy.paths.filter((one) => one.includes('manifest?from')), [], 'no manifest is fetched');

    await page.locator('.verification-button').click();
    await page.locator('.verification [role=switch]').click();
    await untilMark(page, 'verified');
    await untilPlayed(page, 2);
    t.equal(proxy.paths.filter((one) => one.includes('manifest?from')).length, 1, 'and once by who turns it on');
    await page.reload();
    await untilMark(page, 'verified');
    t.equal(await mediaErrorOf(page), undefined, 'the choice is remembered');
  });

  await t.test('what it costs the page is told, side by side', async (t) => {
    const [off, on] = [await costOf(t, pageUrl, 'no'), await costOf(t, pageUrl, 'yes')];
    t.comment(`main thread, from loading the page to ${PLAYED_SEC} s of playback: ${off.busy} without; ${on.busy} with ${on.files} files checked`);
    t.comment(`SHA-256 in Chromium, median ms: ${on.hashMs}`);
    t.ok(on.files > 0, 'with: files were checked before they played');
  });

  await t.test('a byte changed on the way is refused, and the right bytes come by their hash', async (t) => {
    proxy.alter = (where, body) => (/\/media\/.*\/[1-9]\.m4s/.test(where) ? flipped(body) : body);
    const page = await openChecking(t, pageUrl);
    await untilPlayed(page, 8);
    await untilMark(page, 'recovered');
    const facts = await factsOf(page);
    t.match(facts['recovered'], /the server’s IPFS gateway/);
    t.not(facts['refused'], 'none');
    t.equal(await mediaErrorOf(page), undefined);
  });

  await t.test('a gateway that answers wrong is refused, too', async (t) => {
    proxy.alter = (where, body) => (/\/media\/.*\/[1-9]\.m4s|\/ipfs\//.test(where) ? flipped(body) : body);
    const page = await openChecking(t, pageUrl);
    await untilPlayed(page, 8);
    await untilMark(page, 'recovered');
    t.match((await factsOf(page))['recovered'], new RegExp(new URL(gateway.url).host), 'another one has it right');
    t.equal(await mediaErrorOf(page), undefined);
  });

  await t.test('a byte changed on the disk, of a rung that others can stand in for', async (t) => {
    proxy.alter = (_where, body) => body;
    gateway.alter = flipped;
    const spoilt = path.join(folder, 'source', '2.m4s');
    const bytes = await readFile(spoilt);
    await writeFile(spoilt, flipped(bytes));
    t.teardown(() => writeFile(spoilt, bytes));
    const page = await openChecking(t, pageUrl);
    await page.locator('media-chrome-menu-item[value="source"]').evaluate((item: HTMLElement) => item.click());
    await untilPlayer(page, 'the picture goes on', ({ currentTime }) => currentTime > 8, 40_000);
    t.equal(await mediaErrorOf(page), undefined);
    t.not((await factsOf(page))['refused'], 'none');
  });

  await t.test('what nobody has right is not played, and the page says so', async (t) => {
    const spoilt = await Promise.all(['source', '360p'].map(async (rendition) => ({ file: path.join(folder, rendition, '3.m4s'), bytes: await readFile(path.join(folder, rendition, '3.m4s')) })));
    for (const { file, bytes } of spoilt) await writeFile(file, flipped(bytes));
    const page = await openChecking(t, pageUrl);
    await untilMark(page, 'refused');
    t.match(await page.locator('.player-top [role=alert]').textContent(), /3\.m4s is not what was signed, and no source has what was/);
    t.equal(await mediaErrorOf(page), undefined, 'the picture stands, and nothing broke');

    gateway.alter = (body) => body;
    await untilMark(page, 'recovered');
    await untilPlayer(page, 'it plays on', ({ currentTime }) => currentTime > 10, 60_000);
    for (const { file, bytes } of spoilt) await writeFile(file, bytes);
  });
});
