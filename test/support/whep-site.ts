import type { Test } from 'tap';
import { createHttpApp, HttpServer } from '../../src/platform/index.js';
import { NotLive } from '../../src/webrtc/errors.js';
import type { Audience, ViewerWish } from '../../src/webrtc/whep/audience.js';
import { whepRoutes } from '../../src/webrtc/whep/whep-routes.js';
import type { WhepRoutesOptions } from '../../src/webrtc/whep/whep-routes.js';
import { recordingLog } from './log.js';
import { streamsFor, TestSeat } from './whep-seat.js';

/** An audience without a worker: one channel is live, with picture and sound. */
export class TestAudience implements Audience {
  readonly seats: TestSeat[] = [];
  readonly wishes: ViewerWish[] = [];
  /** Thrown at the next viewer when set. */
  refusal: Error | undefined;

  get openSeats(): number {
    return this.seats.filter(({ isClosed }) => !isClosed).length;
  }

  async admit(slug: string, wish: ViewerWish): Promise<TestSeat> {
    this.wishes.push(wish);
    if (this.refusal !== undefined) throw this.refusal;
    if (slug !== 'ada') throw new NotLive(slug);
    const seat = new TestSeat(streamsFor(wish.rtpCapabilities, wish.kinds));
    this.seats.push(seat);
    return seat;
  }
}

/** The real routes behind the real server. */
export async function serveWhep(t: Test, options: Partial<WhepRoutesOptions> = {}) {
  const audience = new TestAudience();
  const log = recordingLog();
  const handler = createHttpApp({ trustProxy: 0, log, routes: [], bare: [{ path: '/', handler: whepRoutes({ audience, corsOrigin: '*', iceServers: () => [], ...options }) }] });
  const server = new HttpServer({ handler, bindAddress: '127.0.0.1', port: 0, log });
  await server.start();
  t.after(() => server.stop());
  const origin = `http://127.0.0.1:${server.port}`;
  return { audience, log, origin, port: server.port, post: (offer: string, slug = 'ada') => postOffer(`${origin}/whep/${slug}`, offer) };
}

export function postOffer(url: string, offer: string): Promise<Response> {
  return fetch(url, { method: 'POST', body: offer, headers: { 'content-type': 'application/sdp', 'user-agent': 'test player' } });
}
