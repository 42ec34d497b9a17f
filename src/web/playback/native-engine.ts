import type { Engine, EngineEvents, EngineFigures } from './engine.js';

const BEHIND_EDGE_SEC = 6;

/** Plays HLS with the browser's own player, where Media Source Extensions are missing (iPhones before iOS 17.1). */
export class NativeEngine implements Engine {
  readonly levels: string[] = [];
  readonly activeLevel = undefined;
  readonly liveWithinSec = 12;
  readonly #video: HTMLVideoElement;
  readonly #url: string;
  readonly #ended = new AbortController();

  constructor(options: { video: HTMLVideoElement; url: string; events: EngineEvents }) {
    this.#video = options.video;
    this.#url = options.url;
    options.video.addEventListener('error', () => options.events.trouble('network'), { signal: this.#ended.signal });
    options.video.src = options.url;
  }

  get figures(): EngineFigures {
    return { latencySec: this.#latencySec(), bandwidthKbps: undefined, levelKbps: undefined, codecs: undefined };
  }

  choose(): void {
    // The browser alone chooses.
  }

  drop(): void {
    // The browser reads the new playlist by itself.
  }

  goLive(): void {
    const { seekable } = this.#video;
    if (seekable.length > 0) this.#video.currentTime = seekable.end(seekable.length - 1) - BEHIND_EDGE_SEC;
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

  #latencySec(): number | undefined {
    const { seekable, currentTime } = this.#video;
    return seekable.length === 0 ? undefined : Math.max(0, seekable.end(seekable.length - 1) - currentTime);
  }
}
