/// <reference lib="dom" />
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { noChromium } from '../support/chromium.js';
import { LossyLink } from '../support/lossy-link.js';
import type { LinkFaults } from '../support/lossy-link.js';
import { noWorker, untilOffered } from '../support/real-time.js';
import { freePort, startServerProcess } from '../support/server-process.js';
import { makeKey, openChromiumWithCamera, publishCamera } from '../support/whip-camera.js';

/** Publishers are told of the front; between it and the server is a network of ours. One port for each worker. */
const FRONT = '127.0.0.2';
const WORKERS = 2;
const FPS = 20;
const WATCHED_MS = 10_000;

t.test('publishing by WHIP over networks that are bad', { skip: noChromium || noWorker }, async (t) => {
  const port = await freePort();
  Object.assign(process.env, { WEBRTC_PORT: String(port), ANNOUNCED_ADDRESS: FRONT });
  const links = await Promise.all(Array.from({ length: WORKERS }, (_value, i) => LossyLink.open(t, { address: FRONT, port: port + i }, '127.0.0.1')));
  const suffer = (faults: LinkFaults): void => links.forEach((link) => { link.faults = faults; });
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-whip-networks-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const server = await startServerProcess(t, { folder, httpPort: await freePort(), rtmpPort: await freePort() });
  const { key, headers } = await makeKey(server.url);
  const camera = await (await openChromiumWithCamera(t)).newPage();
  await camera.goto(`${server.url}/health`);
  await publishCamera(camera, { key });
  await untilOffered(server.url);

  for (const { what, faults, leastFps, mayBeEncoded } of [
    { what: '3 % loss at 40 ms', faults: { loss: 0.03, delayMs: 20 }, leastFps: 0.5 * FPS, mayBeEncoded: false },
    { what: '60 ms, 25 more or less', faults: { delayMs: 30, jitterMs: 12 }, leastFps: 0.7 * FPS, mayBeEncoded: false },
    // Browsers send fewer pictures then, and requests for key frames are lost too.
    { what: '10 % loss', faults: { loss: 0.1 }, leastFps: 0.25 * FPS, mayBeEncoded: true },
  ]) {
    await t.test(`${what}: the pictures go on`, async (t) => {
      suffer(faults);
      await delay(WATCHED_MS); // the state after a while is what is judged
      const health = JSON.stringify(await (await fetch(`${server.url}/api/v1/channels/ada/health`, { headers })).json());
      const sentFps = await camera.evaluate(sentPicturesPerSec);
      suffer({});
      const fps = Number(/"fps":([\d.]+)/.exec(health)?.[1]);
      t.comment(`${fps} pictures a second of ${sentFps}, key frames ${/"keyFrameIntervalSec":([\d.]+)/.exec(health)?.[1]} s apart`);
      t.match(health, /"state":"live"/);
      t.ok(fps >= leastFps, `${fps} pictures a second`);
      if (!mayBeEncoded) t.match(health, /"name":"source","origin":"passthrough"/);
    });
  }
});

/** What the page's encoder makes. */
async function sentPicturesPerSec(): Promise<unknown> {
  const connection: unknown = Reflect.get(globalThis, 'connection');
  if (!(connection instanceof RTCPeerConnection)) throw new Error('nothing is sent');
  const reports: unknown[] = [];
  (await connection.getStats()).forEach((report) => reports.push(report));
  const sent = reports.find((one) => typeof one === 'object' && one !== null && Reflect.get(one, 'type') === 'outbound-rtp' && Reflect.get(one, 'kind') === 'video');
  return typeof sent === 'object' && sent !== null ? Reflect.get(sent, 'framesPerSecond') : undefined;
}
