/// <reference lib="dom" />
import type { Browser, Page } from 'playwright-core';
import type { Test } from 'tap';
import { stringOf } from './app.js';
import { launchChromium } from './chromium.js';

/** A headless Chromium with a camera and a microphone that nobody has to allow; it closes with the test. */
export async function openChromiumWithCamera(t: Test): Promise<Browser> {
  const browser = await launchChromium('--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream');
  t.after(() => browser.close());
  return browser;
}

/** Publishes the camera and the microphone of a page of the server by WHIP; the address of the session. */
export async function publishCamera(page: Page, options: { key: string; codec?: string; layers?: boolean }): Promise<string> {
  const location = await page.evaluate(async ({ key, codec, layers }) => {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480, frameRate: 20 }, audio: true });
    const connection = new RTCPeerConnection();
    for (const track of stream.getTracks()) {
      const transceiver = connection.addTransceiver(track, {
        direction: 'sendonly', streams: [stream],
        ...(layers && track.kind === 'video' ? { sendEncodings: [{ rid: 'whole', maxBitrate: 1_000_000 }, { rid: 'half', scaleResolutionDownBy: 2, maxBitrate: 80_000 }] } : {}),
      });
      const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
      const wanted = codecs.filter(({ mimeType }) => mimeType === codec || mimeType === 'video/rtx');
      if (track.kind === 'video' && codec !== undefined) transceiver.setCodecPreferences(wanted);
      const parameters = transceiver.sender.getParameters();
      parameters.degradationPreference = 'maintain-resolution';
      await transceiver.sender.setParameters(parameters);
    }
    await connection.setLocalDescription();
    const response = await fetch('/whip', { method: 'POST', body: connection.localDescription?.sdp ?? '', headers: { 'content-type': 'application/sdp', authorization: `Bearer ${key}` } });
    const answer = await response.text();
    if (response.status !== 201) throw new Error(`${response.status}: ${answer}`);
    await connection.setRemoteDescription({ type: 'answer', sdp: answer });
    Object.assign(globalThis, { connection });
    return new URL(response.headers.get('location') ?? '', window.location.href).href;
  }, options);
  return location;
}

/** Makes the first account, ada, and a stream key of its channel; what its requests carry. */
export async function makeKey(url: string): Promise<{ id: string; key: string; headers: Record<string, string> }> {
  const post = async (where: string, body: object, headers: Record<string, string> = {}): Promise<unknown> =>
    (await fetch(url + where, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })).json();
  const token = stringOf(await post('/api/v1/auth/register', { username: 'ada', email: 'ada@example.org', password: 'correct horse' }), 'accessToken');
  const headers = { authorization: `Bearer ${token}` };
  const made = await post('/api/v1/channels/ada/stream-keys', { label: 'test' }, headers);
  return { id: stringOf(made, 'id'), key: stringOf(made, 'key'), headers };
}
