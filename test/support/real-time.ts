import { stringOf } from './app.js';
import { until } from './until.js';

/** Why a test of WebRTC is skipped; false where the worker is. */
export const noWorker = process.env['MEDIASOUP_WORKER_BIN'] ? false : 'there is no mediasoup worker (MEDIASOUP_WORKER_BIN)';

/** What browsers play in real time as it is: H.264 without B-frames, a key frame each second. */
export const CAMERA = [
  '-re', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
  '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-profile:v', 'main', '-g', '30', '-pix_fmt', 'yuv420p', '-b:v', '1500k',
  '-c:a', 'aac', '-b:a', '128k', '-ac', '2',
];

/** Resolves when the server offers the channel in real time. */
export async function untilOffered(url: string): Promise<void> {
  await until('it is offered in real time', async () => (/"whep":"\/whep\/ada"/.test(await (await fetch(`${url}/api/v1/live`)).text()) ? true : undefined), 30_000);
}

/** Viewers in real time, as the metrics say. */
export async function measuredViewersOf(url: string): Promise<number> {
  return Number(/^tidemark_webrtc_viewers (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1] ?? -1);
}

/** Makes the first account, ada, and a stream key of its channel. */
export async function makeKey(url: string): Promise<string> {
  const post = async (where: string, body: object, token = ''): Promise<unknown> => {
    const headers = { 'content-type': 'application/json', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) };
    return (await fetch(url + where, { method: 'POST', headers, body: JSON.stringify(body) })).json();
  };
  const token = stringOf(await post('/api/v1/auth/register', { username: 'ada', email: 'ada@example.org', password: 'correct horse' }), 'accessToken');
  return stringOf(await post('/api/v1/channels/ada/stream-keys', { label: 'test' }, token), 'key');
}
