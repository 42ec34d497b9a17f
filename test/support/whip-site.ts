import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import type { Test } from 'tap';
import { AppError, createHttpApp, HttpServer } from '../../src/platform/index.js';
import { Broadcasts } from '../../src/streams/index.js';
import type { CloseReason, Media, Publication, PublicationOptions } from '../../src/streams/index.js';
import type { PublisherPlan } from '../../src/webrtc/receive/publisher-plan.js';
import { whipRoutes } from '../../src/webrtc/whip/whip-routes.js';
import { WhipSessions } from '../../src/webrtc/whip/whip-sessions.js';
import { recordingLog } from './log.js';
import { ownTransport } from './whep-seat.js';

export const STREAM_KEY = 'tm_right';

/** A publisher's transport without a worker: it only notes what was asked of it. */
export class TestTransport extends EventEmitter<{ media: [media: Media]; closed: [reason: CloseReason] }> {
  readonly iceParameters = ownTransport.iceParameters;
  readonly iceCandidates = ownTransport.iceCandidates;
  readonly dtlsParameters = ownTransport.dtlsParameters;
  readonly plan: PublisherPlan;
  connectedWith: types.DtlsParameters | undefined;
  closedBy: CloseReason | undefined;
  publicationId: string | undefined;
  restarts = 0;

  constructor(plan: PublisherPlan) {
    super();
    this.plan = plan;
  }

  async connect(dtlsParameters: types.DtlsParameters): Promise<void> {
    if (this.closedBy !== undefined) throw new Error('the transport is closed');
    this.connectedWith = dtlsParameters;
  }

  async restartIce(): Promise<types.IceParameters> {
    this.restarts += 1;
    return { usernameFragment: `restarted-${this.restarts}`, password: 'another-password-of-32-characters', iceLite: true };
  }

  feed(publicationId: string): void {
    this.publicationId = publicationId;
  }

  close(reason: CloseReason): void {
    if (this.closedBy !== undefined) return;
    this.closedBy = reason;
    this.emit('closed', reason);
  }
}

/** The real routes behind the real server; one key is right, and what is published is kept. */
export async function serveWhip(t: Test, options: { wrongKeysAllowed?: number; offersPer10Sec?: number } = {}) {
  const transports: TestTransport[] = [];
  const publications: Publication[] = [];
  const refusal: { error: Error | undefined; isTransportLost: boolean } = { error: undefined, isTransportLost: false };
  let wrongKeys = 0;
  const log = recordingLog();
  const store = { insert: async () => undefined, end: async () => undefined, listLive: async () => [] };
  const broadcasts = new Broadcasts({ store, graceMs: 60_000, ownerEndHoldMs: 0, log });
  t.after(() => broadcasts.stop());
  const sessions = new WhipSessions({
    streamKeys: {
      resolve: async (key) => {
        if (key !== STREAM_KEY) throw new AppError('stream_key_rejected', 'this stream key is not valid', { status: 403 });
        return { streamKeyId: 'key', channel: { id: 'channel', slug: 'ada', title: 'Ada', ladder: undefined } };
      },
    },
    wrongKeys: {
      isBlocked: async () => wrongKeys >= (options.wrongKeysAllowed ?? 10),
      count: async () => void wrongKeys++,
    },
    broadcasts: {
      publish: async (publishing: Omit<PublicationOptions, 'id'>) => {
        if (refusal.error !== undefined) throw refusal.error;
        const publication = await broadcasts.publish(publishing);
        if (refusal.isTransportLost) transports.at(-1)?.close({ code: 'connection-lost', message: 'the worker died' });
        publications.push(publication);
        return publication;
      },
      conclude: (publication, reason) => broadcasts.conclude(publication, reason),
    },
    receiver: {
      receive: async (plan) => {
        const transport = new TestTransport(plan);
        transports.push(transport);
        return transport;
      },
    },
    log,
  });
  const handler = createHttpApp({ trustProxy: 0, log, routes: [], bare: [{ path: '/', handler: whipRoutes({ sessions, corsOrigin: '*', iceServers: () => [{ urls: ['stun:stun.example.org'] }], offersPer10Sec: options.offersPer10Sec ?? 30 }) }] });
  const server = new HttpServer({ handler, bindAddress: '127.0.0.1', port: 0, log });
  await server.start();
  t.after(() => server.stop());
  const origin = `http://127.0.0.1:${server.port}`;
  const post = (offer: string, key: string | undefined = STREAM_KEY) => fetch(`${origin}/whip`, {
    method: 'POST', body: offer, headers: { 'content-type': 'application/sdp', 'user-agent': 'test encoder', ...(key === '' ? {} : { authorization: `Bearer ${key}` }) },
  });
  return { origin, post, sessions, transports, publications, refusal, broadcasts };
}
