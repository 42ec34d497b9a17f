import type { Clock, Engine, EngineFigures, EngineOptions } from './engine.js';

const BEHIND_EDGE_SEC = 6;

/**
 * Plays HLS with the browser's own player, where Media Source Extensions are missing (iPhones before iOS 17.1). It
 * chooses quality and latency by itself, from what the playlists say.
 */
export class NativeEngine implements Engine {
  readonly protocol = 'HLS';
  readonly renditions = [];
  readonly activeLevel = undefined;
  readonly latencies = undefined;
  readonly unplayable: string[] = [];
  readonly isHolding = false;
  readonly liveWithinSec = 12;
  readonly behindSec = undefined;
  readonly #video: HTMLVideoElement;
  readonly #clock: Clock;
  readonly #url: string;
  readonly #ended = new AbortController();

  constructor(options: EngineOptions) {
    this.#video = options.video;
    this.#clock = options.clock;
    this.#url = options.url;
    options.video.addEventListener('error', () => options.events.trouble('network'), { signal: this.#ended.signal });
    const { atSec } = options.start;
    if (atSec !== undefined) this.#seekOnceLoaded(atSec);
    options.video.src = options.url;
  }

  get figures(): EngineFigures {
    return { latencySec: this.#latencySec(), targetSec: undefined, bandwidthKbps: undefined, levelKbps: undefined, codecs: undefined };
  }

  get dateMs(): number | undefined {
    const startMs = startDateMs(this.#video);
    return startMs === undefined ? undefined : startMs + this.#video.currentTime * 1000;
  }

  choose(): void {
    // The browser alone chooses.
  }

  setLatency(): void {
    // The browser plays parts where it can, as near as PART-HOLD-BACK says.
  }

  setSupply(): void {
    // The browser waits by itself.
  }

  drop(): void {
    // The browser reads the new playlist by itself.
  }

  goLive(): void {
    const { seekable } = this.#video;
    if (seekable.length > 0) this.#video.currentTime = seekable.end(seekable.length - 1) - BEHIND_EDGE_SEC;
  }

  placeOf(): undefined {
    // There is no playlist to ask.
  }

  resume(): void {
    this.#video.src = this.#url;
  }

  recover(): void {
    this.#video.src = this.#url;
  }

  close(): void {
    this.#ended.abort();
    this.#video.removeAttribute('src');
    this.#video.load();
  }

  #seekOnceLoaded(atSec: number): void {
    this.#video.addEventListener('loadedmetadata', () => {
      this.#video.currentTime = atSec;
    }, { once: true, signal: this.#ended.signal });
  }

  /** Behind the server's clock, else behind the end of what can be played. */
  #latencySec(): number | undefined {
    const { seekable, currentTime } = this.#video;
    const startMs = startDateMs(this.#video);
    const nowMs = this.#clock.nowMs;
    if (startMs !== undefined && nowMs !== undefined) return Math.max(0, (nowMs - startMs) / 1000 - currentTime);
    return seekable.length === 0 ? undefined : Math.max(0, seekable.end(seekable.length - 1) - currentTime);
  }
}

/** The date of the timeline's zero, from PROGRAM-DATE-TIME: Safari's `getStartDate`, which the standard has but types lack. */
function startDateMs(video: HTMLVideoElement): number | undefined {
  const read: unknown = Reflect.get(video, 'getStartDate');
  const date: unknown = typeof read === 'function' ? Reflect.apply(read, video, []) : undefined;
  return date instanceof Date && Number.isFinite(date.getTime()) ? date.getTime() : undefined;
}
