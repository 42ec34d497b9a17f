import { setTimeout as delay } from 'node:timers/promises';
import { openDemoChannel } from './demo/account.mjs';
import { Api } from './demo/api.mjs';
import { startPicture } from './demo/picture.mjs';
import { onStopSignal, startServer } from './set-up/server.mjs';
import { setUp } from './set-up/set-up.mjs';
import { readSettings } from './set-up/settings.mjs';
import { Problem, main, say } from './set-up/step.mjs';

const READY_LIMIT_MS = 60_000;
const LIVE_LIMIT_MS = 30_000;
const POLL_MS = 250;

await main(async () => {
  const { ffmpegPath, env } = await setUp();
  const settings = await readSettings();
  const host = hostOf(settings.http.bindAddress);
  const api = new Api(`http://${host}:${settings.http.port}`);
  const server = await api.answers() ? undefined : startServer(env);
  const stop = new AbortController();
  onStopSignal(() => stop.abort());
  try {
    await waitUntil(() => api.isReady(), { limitMs: READY_LIMIT_MS, stop, failure: 'the server did not get ready', gone: server?.exited });
    if (!stop.signal.aborted) await publish({ api, settings, ffmpegPath, host, stop });
  } finally {
    server?.kill('SIGTERM');
    await server?.exited;
  }
});

async function publish({ api, settings, ffmpegPath, host, stop }) {
  const { slug, key } = await openDemoChannel(api, settings.dataDir);
  const picture = await startPicture({ ffmpegPath, rtmpUrl: `rtmp://${host}:${settings.ingest.port}/live`, key });
  try {
    await waitUntil(() => api.isLive(slug), { limitMs: LIVE_LIMIT_MS, stop, failure: 'the stream did not come up', gone: picture.exited });
    if (stop.signal.aborted) return;
    const page = settings.http.publicUrl || `http://localhost:${settings.http.port}`;
    say(`live: open ${page}/${slug} (Ctrl-C ends the demo)`);
    const reason = await Promise.race([picture.exited, aborted(stop.signal)]);
    if (!stop.signal.aborted) throw new Problem(`the picture ended: ${reason || 'the server closed the connection'}`);
  } finally {
    picture.stop();
    await picture.exited;
  }
}

/** Polls until `isDone`, and fails when the limit has passed or what it waits for is gone. */
async function waitUntil(isDone, { limitMs, stop, failure, gone }) {
  let goneWith;
  gone?.then((reason) => { goneWith = { reason }; });
  for (const endMs = Date.now() + limitMs; !stop.signal.aborted && !await isDone();) {
    if (goneWith) throw new Problem(`${failure}: it ended with ${goneWith.reason}`);
    if (Date.now() > endMs) throw new Problem(`${failure} within ${limitMs / 1000} s`);
    await delay(POLL_MS, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

function aborted(signal) {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve('stopped'), { once: true }));
}

/** The address to reach a listener that was bound to this one. */
function hostOf(bindAddress) {
  if (bindAddress === '0.0.0.0') return '127.0.0.1';
  if (bindAddress === '::') return '[::1]';
  return bindAddress.includes(':') ? `[${bindAddress}]` : bindAddress;
}
