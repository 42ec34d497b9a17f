import Hls, { type ErrorData, type Level } from 'hls.js';
import { levelNameOf, type Engine, type EngineEvents, type EngineFigures, type TroubleKind } from './engine.js';

/** Plays HLS through Media Source Extensions, with hls.js. */
export class HlsEngine implements Engine {
  readonly #hls: Hls;
  readonly #video: HTMLVideoElement;
  readonly #events: EngineEvents;
  #chosen: string | undefined;
  #dropped: string[] = [];

  static get isSupported(): boolean {
    return Hls.isSupported();
  }

  constructor(options: { video: HTMLVideoElement; url: string; events: EngineEvents }) {
    this.#video = options.video;
    this.#events = options.events;
    this.#hls = new Hls({
      // CMAF goes to the browser as it is; a worker would only copy it.
      enableWorker: false,
      lowLatencyMode: true,
      // Three segments of 2 s behind the edge ride out one late segment.
      liveSyncDurationCount: 3,
      liveMaxLatencyDurationCount: 8,
      maxLiveSyncPlaybackRate: 1.06,
      // The browser then knows the stream as live, and so do the controls.
      liveDurationInfinity: true,
      backBufferLength: 30,
      maxBufferLength: 20,
      capLevelToPlayerSize: true,
      // Start in the middle of the ladder at once instead of spending a segment on measuring.
      abrEwmaDefaultEstimate: 3_000_000,
      testBandwidth: false,
    });
    this.#hls.on(Hls.Events.MANIFEST_PARSED, () => this.#onManifest());
    this.#hls.on(Hls.Events.LEVEL_SWITCHED, () => this.#events.changed());
    this.#hls.on(Hls.Events.LEVELS_UPDATED, () => this.#events.changed());
    this.#hls.on(Hls.Events.ERROR, (_event, data) => this.#onError(data));
    this.#hls.loadSource(options.url);
    this.#hls.attachMedia(options.video);
  }

  get levels(): string[] {
    return this.#hls.levels.filter(hasPicture).toReversed().map(nameOf);
  }

  get activeLevel(): string | undefined {
    const level = this.#hls.levels[this.#hls.currentLevel];
    return level && nameOf(level);
  }

  get figures(): EngineFigures {
    const level = this.#hls.levels[this.#hls.currentLevel];
    return {
      latencySec: this.#latencySec(),
      bandwidthKbps: this.#hls.bandwidthEstimate / 1000,
      levelKbps: level && level.bitrate > 0 ? level.bitrate / 1000 : undefined,
      codecs: level && ([level.videoCodec, level.audioCodec].filter(Boolean).join(', ') || undefined),
    };
  }

  get liveWithinSec(): number {
    return Math.ceil((this.#hls.targetLatency ?? 6) * 1.5 + 2);
  }

  choose(level: string | undefined): void {
    this.#chosen = level;
    this.#applyChoice();
  }

  drop(levels: string[]): void {
    this.#dropped = [...this.#dropped, ...levels];
    this.#removeDropped();
    this.#events.changed();
  }

  goLive(): void {
    if (this.#hls.liveSyncPosition !== null) this.#video.currentTime = this.#hls.liveSyncPosition;
  }

  resume(): void {
    this.#hls.startLoad();
  }

  recover(): void {
    this.#hls.recoverMediaError();
  }

  close(): void {
    this.#hls.destroy();
  }

  /** Behind the encoder's clock when the playlist carries it, else behind the edge of the playlist. */
  #latencySec(): number | undefined {
    const playing = this.#hls.playingDate;
    if (playing) {
      const behindSec = (Date.now() - playing.getTime()) / 1000;
      // Outside this range the two clocks disagree, and the number would be about them.
      if (behindSec > 0 && behindSec < 300) return behindSec;
    }
    return this.#hls.latency > 0 ? this.#hls.latency : undefined;
  }

  #onManifest(): void {
    this.#removeDropped();
    this.#applyChoice();
    this.#events.changed();
  }

  #applyChoice(): void {
    const index = this.#hls.levels.findIndex((level) => nameOf(level) === this.#chosen);
    // Setting -1 on an automatic player would throw away what it has buffered ahead.
    if (index >= 0 || !this.#hls.autoLevelEnabled) this.#hls.nextLevel = index;
  }

  #removeDropped(): void {
    for (const name of this.#dropped) {
      const index = this.#hls.levels.findIndex((level) => nameOf(level) === name);
      // The last one stays: nothing to play is worse than an old rung.
      if (index >= 0 && this.#hls.levels.length > 1) this.#hls.removeLevel(index);
    }
  }

  #onError(data: ErrorData): void {
    if (data.fatal) this.#events.trouble(kindOf(data));
  }
}

function kindOf(data: ErrorData): TroubleKind {
  if (data.type === Hls.ErrorTypes.NETWORK_ERROR) return 'network';
  return data.type === Hls.ErrorTypes.MEDIA_ERROR ? 'media' : 'other';
}

function nameOf(level: Level): string {
  return levelNameOf(level.uri);
}

function hasPicture(level: Level): boolean {
  return level.height > 0 || level.videoCodec !== undefined;
}
