/// <reference lib="dom" />
import type { Browser, Page, Route } from 'playwright-core';
import { stringOf } from './app.js';

/** What the stand-in answers to offers: a picture, a refusal, or an answer that no picture follows. */
export type WhepAnswers = 'picture' | 'nothing' | { status: number; body: object; headers?: Record<string, string> };

/** The player's side of WebRTC without the server's: another page of the browser stands in for it. */
export class WhepPage {
  answers: WhepAnswers = 'picture';
  /** Offers and goodbyes so far, such as `POST`. */
  readonly requests: string[] = [];
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async open(browser: Browser, origin: string): Promise<WhepPage> {
    const page = await browser.newPage();
    await page.goto(`${origin}/health`);
    await page.evaluate(drawMovingPicture);
    return new WhepPage(page);
  }

  /** Makes a watch page find this instead of the server's WHEP. */
  async serve(page: Page): Promise<void> {
    await page.route('**/api/v1/channels/*/live', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace(/"playback":\{[^}]*\}/, '"playback":{"hls":"/hls/ada/master.m3u8","whep":"/whep/ada"}') });
    });
    await page.route('**/whep/**', (route) => this.#answer(route));
  }

  /** Every session falls silent, as when the process that sends them dies. */
  async killSessions(): Promise<void> {
    await this.#page.evaluate(() => window.dispatchEvent(new Event('kill')));
  }

  async #answer(route: Route): Promise<void> {
    const request = route.request();
    this.requests.push(request.method());
    if (request.method() !== 'POST') return route.fulfill({ status: 200 });
    if (typeof this.answers === 'object') {
      const { status, body, headers = {} } = this.answers;
      return route.fulfill({ status, headers: { 'content-type': 'application/problem+json', ...headers }, body: JSON.stringify(body) });
    }
    const sdp = await this.#page.evaluate(answerOffer, { offer: request.postData() ?? '', isSilent: this.answers === 'nothing' });
    await route.fulfill({ status: 201, headers: { 'content-type': 'application/sdp', location: '/whep/ada/1' }, body: stringOf({ sdp }, 'sdp') });
  }
}

function drawMovingPicture(): void {
  document.body.innerHTML = '<canvas width="640" height="360"></canvas>';
  const context = document.querySelector('canvas')?.getContext('2d');
  let n = 0;
  setInterval(() => {
    if (!context) return;
    context.fillStyle = `hsl(${n++ * 3} 70% 40%)`;
    context.fillRect(0, 0, 640, 360);
    context.fillStyle = '#fff';
    context.font = '80px sans-serif';
    context.fillText(String(n), 40, 200);
  }, 33);
}

async function answerOffer({ offer, isSilent }: { offer: string; isSilent: boolean }): Promise<string> {
  const connection = new RTCPeerConnection();
  window.addEventListener('kill', () => {
    for (const sender of connection.getSenders()) void sender.replaceTrack(null);
  });
  const sound = new AudioContext().createMediaStreamDestination().stream.getAudioTracks();
  const picture = document.querySelector('canvas')?.captureStream(30).getVideoTracks() ?? [];
  await connection.setRemoteDescription({ type: 'offer', sdp: offer });
  for (const track of isSilent ? [] : [...picture, ...sound]) connection.addTrack(track);
  await connection.setLocalDescription(await connection.createAnswer());
  await new Promise<void>((resolve) => {
    const look = () => connection.iceGatheringState === 'complete' && resolve();
    connection.addEventListener('icegatheringstatechange', look);
    look();
  });
  return connection.localDescription?.sdp ?? '';
}
