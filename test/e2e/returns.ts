/// <reference lib="dom" />
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import t from 'tap';
import type { Test } from 'tap';
import { stringOf } from '../support/app.js';
import { noChromium } from '../support/chromium.js';
import { segmentsOf } from '../support/hls.js';
import { copyOf, end, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { noWorker } from '../support/real-time.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import type { ServerProcess } from '../support/server-process.js';
import { readShown, untilShown } from '../support/slate.js';
import { until } from '../support/until.js';
import { untilPlayed, untilPlayer } from '../support/watching.js';
import { openChromiumWithCamera, publishCamera } from '../support/whip-camera.js';

process.env['WEBRTC_PORT'] = '0';

/** What there is of the show before the viewer counts. */
const BEFORE_MS = 15_000;

t.test('the show outlives the socket, for who watches by HLS', { skip: noChromium || noWorker }, async (t) => {
  const files = { large: await makeSourceFile(t, obsLike({ size: '640x360', seconds: 60 })), small: await makeSourceFile(t, obsLike({ size: '480x270', seconds: 60 })) };
  const place = { folder: await temporaryFolder(t), httpPort: await freePort(), rtmpPort: await freePort() };
  let server = await startServerProcess(t, place);
  const { key, headers } = await signUp(server);
  const url = `rtmp://127.0.0.1:${place.rtmpPort}/live/${key}`;
  await fetch(`${server.url}/api/v1/channels/ada`, { method: 'PATCH', headers, body: '{"ladder":"off"}' });
  let publisher = publish(t, { url, args: copyOf(files.large) });
  await until('it is live', async () => (await liveOf(server)).id);
  const { id } = await liveOf(server);
  const browser = await openChromiumWithCamera(t);
  const page = await openPage(browser, server.url);
  await untilPlayed(page, 3);
  const startMs = performance.now();
  let awayMs = 0;

  /** The viewer sees the slate, then the stream, without a new visit; the broadcast is the same. */
  const goesOn = async (step: Test, comeBack: () => Promise<unknown> | void, awaySec = 1): Promise<void> => {
    const slateMs = await untilShown(page, 'slate', 30_000);
    const shownMs = performance.now();
    await untilPlayed(page, awaySec);
    await comeBack();
    const backMs = await untilShown(page, 'stream', 30_000);
    awayMs += performance.now() - shownMs;
    step.comment(`slate after ${Math.round(slateMs)} ms, for ${Math.round(performance.now() - shownMs)} ms; picture ${Math.round(backMs)} ms after the return`);
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

  await t.test('a camera goes on by WHIP where the encoder left, and the encoder comes back after half a minute', async (step) => {
    await end(publisher, 'SIGKILL');
    const camera = await browser.newPage();
    await camera.goto(`${server.url}/health`);
    await goesOn(step, () => publishCamera(camera, { key }));
    step.equal((await untilPlayer(page, 'the camera', ({ height }) => height === 480)).height, 480);
    await camera.close();
    await goesOn(step, () => { publisher = publish(t, { url, args: copyOf(files.large) }); }, 30);
    step.equal((await untilPlayer(page, 'the large picture', ({ height }) => height === 360)).height, 360);
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
    const lengthMs = segmentsOf(playlist).reduce((sum, { durationSec }) => sum + durationSec * 1000, 0);
    step.ok((playlist.match(/#EXT-X-DISCONTINUITY\n/g)?.length ?? 0) >= 7, 'eight stretches at least');
    step.ok(lengthMs < endedMs - startMs - awayMs + BEFORE_MS, 'and no slate');
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
