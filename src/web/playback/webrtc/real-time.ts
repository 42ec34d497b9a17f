import type { Supply } from '../recovery.js';
import type { Health } from './health.js';
import type { IceServer } from './ice-servers.js';
import { Route, type Setback } from './route.js';
import { canPlayRealTime } from './support.js';
import { WebRtcSession } from './webrtc-session.js';

export interface RealTimeEvents {
  /** A session has its first picture: show it. */
  ready: (session: WebRtcSession) => void;
  /** Real time does not play any more: show HLS. */
  gone: () => void;
  /** The picture stands still. */
  stalled: () => void;
  /** The picture moves. */
  moved: () => void;
  /** Why it does not play is new. */
  changed: () => void;
}

export interface RealTimeOptions {
  /** The stream's WHEP address; undefined while the server offers none. */
  url: string | undefined;
  isWanted: boolean;
  /** Whether a picture that is ready may take the place of what plays. */
  mayTry: () => boolean;
  events: RealTimeEvents;
}

const TICK_MS = 1_000;
/** For the first picture: that of a viewer who has none, and that of one whose picture stands still. */
const FIRST_WITHIN_MS = 3_000;
const AGAIN_WITHIN_MS = 2_500;

const NO_BROWSER = 'This browser cannot play streams in real time.';
const NO_OFFER = 'The server does not offer this stream in real time.';
const POOR: Setback = { cause: 'poor', reason: 'The connection is not steady enough for real time. The player tries again now and then.' };

/**
 * Keeps a stream playing in real time where that works: opens sessions, replaces one whose picture stands still, gives
 * up for HLS when it stumbles again, and comes back by itself once a new picture is there.
 */
export class RealTime {
  /** Whether this browser can. */
  readonly isAble = canPlayRealTime();
  readonly #mayTry: () => boolean;
  readonly #events: RealTimeEvents;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #ended = new AbortController();
  #route = new Route();
  #url: string | undefined;
  #isWanted: boolean;
  #supply: Supply = 'flowing';
  #playing: WebRtcSession | undefined;
  #coming: WebRtcSession | undefined;
  #iceServers: IceServer[] = [];

  constructor(options: RealTimeOptions) {
    this.#url = options.url;
    this.#isWanted = options.isWanted;
    this.#mayTry = options.mayTry;
    this.#events = options.events;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    window.addEventListener('pagehide', () => this.#leave(), { signal: this.#ended.signal });
  }

  /** Why real time cannot play, for the viewer; undefined while it plays or may. */
  get reason(): string | undefined {
    if (!this.isAble) return NO_BROWSER;
    return this.#url === undefined ? NO_OFFER : this.#route.setback?.reason;
  }

  /** Starts on the viewer's own element when real time is wanted and nothing speaks against it; else HLS has to play. */
  start(video: HTMLVideoElement): WebRtcSession | undefined {
    this.#drop();
    if (!this.#isPossible || !this.#route.isPromising) return undefined;
    this.#coming = this.#open(video, FIRST_WITHIN_MS);
    return this.#coming;
  }

  setWanted(isWanted: boolean): void {
    if (isWanted === this.#isWanted) return;
    this.#isWanted = isWanted;
    // What is wanted comes with the next tick, unless its owner starts over before.
    if (isWanted) this.#route.reopen();
    else this.#giveWay();
  }

  setUrl(url: string | undefined): void {
    if (url === this.#url) return;
    this.#url = url;
    this.#events.changed();
    if (url !== undefined) this.#tryAgain();
  }

  /** While the streamer is away a picture that stands still is no fault, and with a stream that is back all may work. */
  setSupply(supply: Supply): void {
    const isBack = supply === 'flowing' && this.#supply !== 'flowing';
    this.#supply = supply;
    if (isBack) this.#tryAgain();
  }

  close(): void {
    this.#ended.abort();
    clearInterval(this.#timer);
    this.#drop();
  }

  get #isPossible(): boolean {
    return this.isAble && this.#isWanted && this.#url !== undefined;
  }

  #tryAgain(): void {
    this.#route.reopen();
    this.#tick();
  }

  #tick(): void {
    if (this.#playing || this.#coming || document.hidden || this.#supply !== 'flowing') return;
    if (!this.#isPossible || !this.#route.isDue(performance.now()) || !this.#mayTry()) return;
    this.#coming = this.#open(undefined, FIRST_WITHIN_MS);
  }

  #open(video: HTMLVideoElement | undefined, withinMs: number): WebRtcSession {
    const session: WebRtcSession = new WebRtcSession({
      url: this.#url ?? '',
      video,
      withinMs,
      iceServers: this.#iceServers,
      events: {
        shown: () => this.#onShown(session),
        failed: (setback) => this.#onFailed(session, setback),
        judged: (health) => this.#onJudged(session, health),
      },
    });
    return session;
  }

  #onShown(session: WebRtcSession): void {
    if (session !== this.#coming) return;
    this.#playing?.close();
    this.#playing = session;
    this.#coming = undefined;
    this.#iceServers = session.offeredIceServers;
    this.#route.shown(performance.now());
    this.#events.ready(session);
  }

  #onFailed(session: WebRtcSession, setback: Setback): void {
    if (session !== this.#coming) return;
    this.#coming = undefined;
    this.#setBack(setback);
    // With servers that help through walls, the next try may do better.
    const hadNone = this.#iceServers.length === 0;
    if (session.offeredIceServers.length === 0) return;
    // Credentials run out: the newest are the best.
    this.#iceServers = session.offeredIceServers;
    if (hadNone) this.#route.reopen();
  }

  #onJudged(session: WebRtcSession, health: Health): void {
    if (session !== this.#playing) return;
    if (health === 'stalled') this.#events.stalled();
    else this.#events.moved();
    if (health === 'fine' || this.#coming || this.#supply !== 'flowing') return;
    if (this.#route.troubled(performance.now()) === 'leave') this.#setBack(POOR);
    // A server that lost a part of itself has a new one by now.
    else if (health === 'stalled') this.#coming = this.#open(undefined, AGAIN_WITHIN_MS);
  }

  #setBack(setback: Setback): void {
    this.#route.failed(setback, performance.now());
    this.#giveWay();
  }

  #giveWay(): void {
    this.#drop();
    this.#events.gone();
  }

  #drop(): void {
    this.#playing?.close();
    this.#coming?.close();
    this.#playing = undefined;
    this.#coming = undefined;
  }

  #leave(): void {
    this.#playing?.leave();
    this.#coming?.leave();
  }
}
