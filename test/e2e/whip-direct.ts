import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { noChromium } from '../support/chromium.js';
import { noWorker, untilOffered } from '../support/real-time.js';
import { untilReceived } from '../support/received.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import { watch } from '../support/whep-viewers.js';
import { makeKey, openChromiumWithCamera, publishCamera } from '../support/whip-camera.js';

process.env['WEBRTC_PORT'] = '0';

t.test('VP9 by WHIP: a viewer who has it gets it, and one who has not gets H.264', { skip: noChromium || noWorker }, async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-direct-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const server = await startServerProcess(t, { folder, httpPort: await freePort(), rtmpPort: await freePort() });
  const { key } = await makeKey(server.url);
  const browser = await openChromiumWithCamera(t);
  const camera = await browser.newPage();
  await camera.goto(`${server.url}/health`);

  await publishCamera(camera, { key, codec: 'video/VP9' });
  await untilOffered(server.url);
  const able = await watch(browser, server.url);
  t.match(await untilReceived(able, 'VP9 comes', ({ framesDecoded }) => framesDecoded > 20), { codec: 'video/VP9', height: 480 });
  const unable = await watch(browser, server.url, /VP9/);
  t.match(await untilReceived(unable, 'H.264 comes', ({ framesDecoded }) => framesDecoded > 20, 40_000), { codec: 'video/H264' });
  await unable.close();

  await publishCamera(camera, { key, codec: 'video/VP8' });
  t.match(await untilReceived(able, 'the next publisher is played', ({ codec, framesDecoded }) => codec === 'video/VP8' && framesDecoded > 20, 30_000), { height: 480 });
});
