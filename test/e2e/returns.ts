/// <reference lib="dom" />
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import t from 'tap';
import type { Test } from 'tap';
import { stringOf } from '../support/app.js';
import { noChromium, openChromium } from '../support/chromium.js';
import { copyOf, end, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import type { ServerProcess } from '../support/server-process.js';
import { readShown, untilShown } from '../support/slate.js';
import { until } from '../support/until.js';
import { untilPlayed, untilPlayer } from '../support/watching.js';

process.env['WEBRTC_PORT'] = '0';

t.test('the show outlives the socket, for who watches by HLS', { skip: noChromium }, async (t) => {
  const files = { large: await makeSourceFile(t, obsLike({ size: '640x360', seconds: 60 })), small: await makeSourceFile(t, obsLike({ size: '480x270', seconds: 60 })) };
  const place = { folder: await temporaryFolder(t), httpPort: await freePort(), rtmpPort: await freePort() };
  let server = await startServerProcess(t, place);
  const { key, headers } = await signUp(server);
  const url = `rtmp://127.0.0.1:${place.rtmpPort}/live/${key}`;
  await fetch(`${server.url}/api/v1/channels/ada`, { method: 'PATCH', headers, body: '{"ladder":"off"}' });
  let publisher = publish(t, { url, args: copyOf(files.large) });
  await until('it is live', async () => (await liveOf(server)).id);
  const { id } = await liveOf(server);
  const page = await openPage(await openChromium(t), server.url);
  await untilPlayed(page, 3);

  /** The viewer sees the slate, then the stream, without a new visit; the broadcast is the same. */
  const goesOn = async (step: Test, comeBack: () => Promise<void> | void): Promise<void> => {
    const slateMs = await untilShown(page, 'slate', 30_000);
    await untilPlayed(page, 1);
    await comeBack();
    const backMs = await untilShown(page, 'stream', 30_000);
    step.comment(`slate after ${Math.round(slateMs)} ms, picture after ${Math.round(backMs)} ms`);
    await untilPlayed(page, 3);
    step.equal((await readShown(page)).error, undefined);
    step.equal((await liveOf(server)).id, id, 'it is the same broadcast');
  };

  await t.test('the encoder is killed and comes back', async (step) => {
    await end(publisher, 'SIGKILL');
    await goesOn(step, () => { publisher = publish(t, { url, args: copyOf(files.large) }); });
  });

  await t.test('it comes back with pictures of another size', async (step) => {
    await end(publisher, 'SIGKILL');
    await goesOn(step, () => { publisher = publish(t, { url, args: copyOf(files.small) }); });
    step.equal((await untilPlayer(page, 'the small picture', ({ height }) => height === 270)).height, 270);
  });

  await t.test('it stands still for a while', async (step) => {
    publisher.kill('SIGSTOP');
    await goesOn(step, () => void publisher.kill('SIGCONT'));
  });

  await t.test('the server is stopped and started', async (step) => {
    server.child.kill('SIGTERM');
    await end(server.child);
    await end(publisher);
    server = await startServerProcess(t, place);
    await goesOn(step, () => { publisher = publish(t, { url, args: copyOf(files.small) }); });
  });

  await t.test('the server is killed', async (step) => {
    await end(server.child, 'SIGKILL');
    await end(publisher);
    server = await startServerProcess(t, place);
    await goesOn(step, () => { publisher = publish(t, { url, args: copyOf(files.large) }); });
  });

  await t.test('and all of it is one recording', async (step) => {
    await end(publisher, 'SIGINT');
    const endedMs = performance.now();
    const recording = await until('the recording', async () => {
      const text = await (await fetch(`${server.url}/api/v1/channels/ada/recordings`)).text();
      return text.includes(id ?? '') ? text : undefined;
    });
    step.comment(`recording after ${Math.round(performance.now() - endedMs)} ms`);
    step.equal(recording.match(/"id":/g)?.length, 1);
    const playlist = await (await fetch(`${server.url}/vod/${id}/source/index.m3u8`)).text();
    step.equal(playlist.match(/#EXT-X-DISCONTINUITY\n/g)?.length, 5, 'six stretches, and no slate');
    step.match(playlist, /#EXT-X-ENDLIST/);
  });
});

async function openPage(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 640, height: 480 } });
  await context.addInitScript(() => window.localStorage.setItem('tidemark.latency', 'ultra-low'));
  const page = await context.newPage();
  await page.goto(`${url}/ada`);
  await untilPlayer(page, 'it plays', ({ phase }) => phase === 'playing', 30_000);
  return page;
}

async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-returns-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function signUp({ url }: ServerProcess): Promise<{ key: string; headers: Record<string, string> }> {
  const json = { 'content-type': 'application/json' };
  const registered = await fetch(`${url}/api/v1/auth/register`, { method: 'POST', headers: json, body: JSON.stringify({ username: 'ada', email: 'ada@example.org', password: 'correct horse' }) });
  const headers = { ...json, authorization: `Bearer ${stringOf(await registered.json(), 'accessToken')}` };
  const made = await fetch(`${url}/api/v1/channels/ada/stream-keys`, { method: 'POST', headers, body: '{"label":"test"}' });
  return { key: stringOf(await made.json(), 'key'), headers };
}

async function liveOf({ url }: ServerProcess): Promise<{ id: string | undefined }> {
  const text = await (await fetch(`${url}/api/v1/live`)).text();
  return { id: /"id":"([^"]+)"/.exec(text)?.[1] };
}
