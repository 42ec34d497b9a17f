import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import { noChromium } from '../support/chromium.js';
import { noWorker, untilOffered } from '../support/real-time.js';
import { untilReceived } from '../support/received.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import { untilPlayer } from '../support/watching.js';
import { watch } from '../support/whep-viewers.js';
import { makeKey, openChromiumWithCamera, publishCamera } from '../support/whip-camera.js';

process.env['WEBRTC_PORT'] = '0';

t.test('VP8 in layers by WHIP: a viewer gets the largest as it is, and knows its delay', { skip: noChromium || noWorker }, async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-layers-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const server = await startServerProcess(t, { folder, httpPort: await freePort(), rtmpPort: await freePort() });
  const { key } = await makeKey(server.url);
  const browser = await openChromiumWithCamera(t);
  const camera = await browser.newPage();
  await camera.goto(`${server.url}/health`);

  await publishCamera(camera, { key, codec: 'video/VP8', layers: true });
  await untilOffered(server.url);
  const wide = await watch(browser, server.url);
  t.match(await untilReceived(wide, 'the largest layer comes', ({ height, framesDecoded }) => height === 480 && framesDecoded > 20), { codec: 'video/VP8' });
  const { behindSec } = await untilPlayer(wide, 'its delay is known', (now) => now.behindSec !== undefined);
  t.ok((behindSec ?? Infinity) < 1, `${behindSec} s behind`);
});
