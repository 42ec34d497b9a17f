import { asSentence, Problem } from '../../api/problem.js';
import { withServersNumbers } from './extension-numbers.js';
import { PictureHealth, type Health } from './health.js';
import type { IceServer } from './ice-servers.js';
import { readInbound, type Inbound } from './inbound.js';
import type { Setback } from './route.js';
import { endSession, inStereo, offerTo } from './whep.js';

export interface SessionEvents {
  /** The first picture is there. */
  shown: () => void;
  /** No picture came; the session is closed. */
  failed: (setback: Setback) => void;
  /** How the picture does, several times a second once it is there. */
  judged: (health: Health) => void;
}

export interface SessionOptions {
  url: string;
  /** Where the first picture is waited for; an element of its own when left out. */
  video?: HTMLVideoElement | undefined;
  /** For the first picture, ms. */
  withinMs: number;
  iceServers: IceServer[];
  events: SessionEvents;
}

const LOOK_EVERY_MS = 250;
const FAILED: Setback = { cause: 'failed', reason: 'No real-time connection reaches the server from here. The player tries again now and then.' };

/** One WebRTC connection that receives a stream by WHEP, from the offer to `close`. */
export class WebRtcSession {
  readonly stream = new MediaStream();
  readonly #connection: RTCPeerConnection;
  readonly #video: HTMLVideoElement;
  readonly #isOwnVideo: boolean;
  readonly #url: string;
  readonly #events: SessionEvents;
  readonly #ended = new AbortController();
  #state: 'opening' | 'shown' | 'closed' = 'opening';
  #deadline: ReturnType<typeof setTimeout>;
  #lookTimer: ReturnType<typeof setInterval> | undefined;
  #health = new PictureHealth(0);
  #inbounds: Inbound[] = [];
  #sessionUrl: string | undefined;
  #offeredIceServers: IceServer[] = [];

  constructor(options: SessionOptions) {
    this.#url = options.url;
    this.#events = options.events;
    this.#video = options.video ?? document.createElement('video');
    this.#isOwnVideo = options.video === undefined;
    this.#connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: options.iceServers });
    this.#deadline = setTimeout(() => this.#fail(FAILED), options.withinMs);
    this.#listen();
    void this.#open().catch((error: unknown) => this.#fail(setbackOf(error)));
  }

  /** The servers that the answer named, for connections to come. */
  get offeredIceServers(): IceServer[] {
    return this.#offeredIceServers;
  }

  /** What was received at the last look and about a second before it; empty before there were two. */
  get inbounds(): { before: Inbound; now: Inbound } | undefined {
    const [before, now] = [this.#inbounds[0], this.#inbounds.at(-1)];
    return before && now && before !== now ? { before, now } : undefined;
  }

  /** The RTP timestamp of the picture that plays now, for browsers that do not tell it with the picture. */
  get rtpTimestamp(): number | undefined {
    const receiver = this.#connection.getReceivers().find(({ track }) => track.kind === 'video');
    return receiver?.getSynchronizationSources()[0]?.rtpTimestamp;
  }

  /** Ends it and tells the server. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#ended.abort();
    clearTimeout(this.#deadline);
    clearInterval(this.#lookTimer);
    this.#connection.close();
    this.leave();
  }

  /** Tells the server, and nothing else: for a page that goes away, or into the browser's cache of pages. */
  leave(): void {
    if (this.#sessionUrl !== undefined) void endSession(this.#sessionUrl);
    this.#sessionUrl = undefined;
  }

  #listen(): void {
    const options = { signal: this.#ended.signal };
    this.#video.addEventListener('loadeddata', () => this.#onPicture(), options);
    this.#connection.addEventListener('track', ({ track, receiver }) => {
      this.stream.addTrack(track);
      playAtOnce(receiver);
    }, options);
    this.#connection.addEventListener('connectionstatechange', () => {
      if (this.#connection.connectionState === 'failed') this.#fail(FAILED);
    }, options);
  }

  /** The server's addresses are in its answer, and it finds this one by itself: no candidate has to be waited for. */
  async #open(): Promise<void> {
    for (const kind of ['video', 'audio']) this.#connection.addTransceiver(kind, { direction: 'recvonly' });
    const { sdp = '' } = await this.#connection.createOffer();
    const offer = await this.#describe(inStereo(sdp));
    const answer = await offerTo(this.#url, offer, this.#ended.signal);
    this.#sessionUrl = answer.sessionUrl;
    this.#offeredIceServers = answer.iceServers;
    if (this.#ended.signal.aborted) return this.leave();
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    this.#video.srcObject = this.stream;
    if (this.#isOwnVideo) this.#video.muted = true;
    // Without sound every browser plays; the viewer's own element is its owner's to start.
    if (this.#isOwnVideo) void this.#video.play().catch(() => undefined);
  }

  /** A browser that keeps to its own numbers is served all the same. */
  async #describe(plain: string): Promise<string> {
    const sdp = withServersNumbers(plain);
    try {
      await this.#connection.setLocalDescription({ type: 'offer', sdp });
      return sdp;
    } catch {
      await this.#connection.setLocalDescription({ type: 'offer', sdp: plain });
      return plain;
    }
  }

  #onPicture(): void {
    if (this.#state !== 'opening' || this.#video.srcObject !== this.stream) return;
    this.#state = 'shown';
    clearTimeout(this.#deadline);
    this.#health = new PictureHealth(performance.now());
    this.#lookTimer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.#events.shown();
    if (this.#isOwnVideo) this.#video.srcObject = null;
  }

  async #look(): Promise<void> {
    const inbound = readInbound(await this.#connection.getStats(), { atMs: performance.now(), isHidden: document.hidden });
    if (this.#state !== 'shown') return;
    this.#inbounds = [...this.#inbounds, inbound].filter(({ atMs }) => atMs > inbound.atMs - 1_100);
    const isLost = this.#connection.connectionState === 'failed' || this.#connection.connectionState === 'closed';
    this.#events.judged(isLost ? 'stalled' : this.#health.judge(inbound));
  }

  #fail(setback: Setback): void {
    if (this.#state !== 'opening') return;
    this.close();
    this.#events.failed(setback);
  }
}

/** As little delay as the browser can do with: nothing is kept against jitter beyond what it finds necessary. */
function playAtOnce(receiver: RTCRtpReceiver): void {
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
  Reflect.set(receiver, 'playoutDelayHint', 0);
}

function setbackOf(error: unknown): Setback {
  if (!(error instanceof Problem) || error.status === 0) return FAILED;
  const { status, message, retryAfterSec } = error;
  const reason = message === '' ? 'The server does not offer this stream in real time.' : asSentence(message);
  // A refusal that names a time is none for good.
  const isPassing = retryAfterSec !== undefined || status === 429 || status >= 500;
  return isPassing ? { cause: 'busy', reason, retryAfterSec } : { cause: 'refused', reason };
}
