import Hls, { type ErrorData, type HlsConfig, type Level, type LevelDetails } from 'hls.js';
import type { PlayableRendition } from '../../api/contract.js';
import { videoCodecNames } from '../codecs.js';
import { levelNameOf, type Clock, type Engine, type EngineEvents, type EngineFigures, type EngineOptions, type Protocol, type TroubleKind } from '../engine.js';
import { checkedLoader } from './checked-loader.js';
import { hlsConfig } from './hls-config.js';
import { BALANCED_SEC, playsParts, targetRange, type HlsLatency, type HoldBack } from '../latency/mode.js';
import { Pacer, type LiveEdge } from '../latency/pacer.js';
import type { Supply } from '../recovery.js';
import { Throughput } from './throughput.js';

/** The edge of a playlist that has not changed for this many of its steps is no estimate any more. */
const MAX_EDGE_STEPS = 3;

/** Plays HLS through Media Source Extensions, with hls.js. */
export class HlsEngine implements Engine {
  readonly #hls: Hls;
  readonly #video: HTMLVideoElement;
  readonly #clock: Clock;
  readonly #events: EngineEvents;
  readonly #pacer: Pacer;
  readonly #throughput = new Throughput();
  #latency: HlsLatency;
  #chosen: string | undefined;
  #dropped: string[] = [];
  #offered: string[] = [];
  /** A dropped rendition is in use, and another one is on its way. */
  #isLeaving = false;

  static get isSupported(): boolean {
    return Hls.isSupported();
  }

  constructor(options: EngineOptions) {
    this.#video = options.video;
    this.#clock = options.clock;
    this.#events = options.events;
    this.#latency = options.latency;
    this.#hls = new Hls(configFor(options));
    this.#pacer = this.#createPacer(options);
    this.#hls.on(Hls.Events.MANIFEST_LOADED, (_event, { levels }) => {
      this.#offered = videoCodecNames(levels.map((level) => level.attrs.CODECS));
    });
    this.#hls.on(Hls.Events.MANIFEST_PARSED, () => this.#onManifest());
    this.#hls.on(Hls.Events.LEVEL_SWITCHED, () => this.#events.changed());
    this.#hls.on(Hls.Events.LEVELS_UPDATED, () => this.#events.changed());
    this.#hls.once(Hls.Events.LEVEL_UPDATED, () => this.#events.changed());
    this.#hls.on(Hls.Events.LEVEL_UPDATED, () => this.#onPlaylist());
    this.#hls.on(Hls.Events.FRAG_LOADED, (_event, { frag, part }) => {
      const { loaded, loading } = part?.stats ?? frag.stats;
      this.#throughput.add({ sizeBytes: loaded, transferMs: loading.end - loading.first });
      this.#estimate(this.#throughput.trustAgain(this.#estimateKbps, performance.now()));
    });
    this.#hls.on(Hls.Events.BUFFER_APPENDING, () => this.#pacer.arrived());
    this.#hls.on(Hls.Events.ERROR, (_event, data) => this.#onError(data));
    this.#hls.loadSource(options.url);
    this.#hls.attachMedia(options.video);
  }

  get protocol(): Protocol {
    return this.#hls.lowLatencyMode && this.#hls.latestLevelDetails?.partList ? 'LL-HLS' : 'HLS';
  }

  get renditions(): PlayableRendition[] {
    return this.#hls.levels.filter(hasPicture).toReversed().map(renditionOf);
  }

  get activeLevel(): string | undefined {
    const level = this.#hls.levels[this.#hls.currentLevel];
    return level && nameOf(level);
  }

  get figures(): EngineFigures {
    const level = this.#hls.levels[this.#hls.currentLevel];
    return {
      latencySec: this.#latencySec(),
      targetSec: this.#pacer.targetSec,
      bandwidthKbps: this.#estimateKbps,
      levelKbps: level && level.bitrate > 0 ? level.bitrate / 1000 : undefined,
      codecs: level && ([level.videoCodec, level.audioCodec].filter(Boolean).join(', ') || undefined),
    };
  }

  get latencies(): Record<HlsLatency, number> | undefined {
    const details = this.#hls.latestLevelDetails;
    if (!details) return undefined;
    const secOf = (latency: HlsLatency) => targetRange(latency, holdBackOf(details)).floorSec;
    return { 'ultra-low': secOf('ultra-low'), balanced: secOf('balanced'), stable: secOf('stable') };
  }

  get unplayable(): string[] {
    return this.renditions.length > 0 ? [] : this.#offered;
  }

  get isHolding(): boolean {
    return this.#pacer.isHolding;
  }

  get liveWithinSec(): number {
    // Not the target of hls.js, which is where a rewound viewer began.
    return Math.ceil((this.latencies?.[this.#latency] ?? 6) * 1.5 + 2);
  }

  get behindSec(): number | undefined {
    return this.#hls.latestLevelDetails?.live ? this.#hls.latency : undefined;
  }

  get dateMs(): number | undefined {
    return this.#hls.playingDate?.getTime();
  }

  choose(level: string | undefined): void {
    this.#chosen = level;
    this.#applyChoice();
  }

  setLatency(latency: HlsLatency): void {
    this.#latency = latency;
    this.#hls.lowLatencyMode = playsParts(latency);
    this.#pacer.setMode(latency);
    this.#events.changed();
  }

  setSupply(supply: Supply): void {
    this.#pacer.setInterrupted(supply === 'interrupted');
  }

  drop(levels: string[]): void {
    this.#dropped = [...this.#dropped, ...levels];
    this.#removeDropped();
    this.#events.changed();
  }

  goLive(): void {
    this.#pacer.followLive();
    if (this.#hls.liveSyncPosition !== null) this.#video.currentTime = this.#hls.liveSyncPosition;
  }

  placeOf(dateMs: number): number | undefined {
    const fragments = this.#hls.latestLevelDetails?.fragments ?? [];
    // Before the first one is outside of what can be played: whoever asks sees that by the place.
    const fragment = fragments.findLast(({ programDateTime }) => programDateTime !== null && programDateTime <= dateMs) ?? fragments[0];
    return fragment?.programDateTime ? fragment.start + (dateMs - fragment.programDateTime) / 1000 : undefined;
  }

  resume(): void {
    this.#hls.startLoad();
  }

  recover(): void {
    this.#hls.recoverMediaError();
  }

  close(): void {
    this.#pacer.close();
    this.#hls.destroy();
  }

  #createPacer({ video, latency, start, events }: EngineOptions): Pacer {
    return new Pacer({
      video,
      mode: latency,
      startsRewound: start.behindSec !== undefined,
      edge: () => liveEdgeOf(this.#hls.latestLevelDetails, this.#hls.lowLatencyMode),
      onTarget: (targetSec) => {
        this.#hls.targetLatency = targetSec;
      },
      jump: () => this.goLive(),
      onNarrow: () => this.#estimate(this.#throughput.doubt(this.#estimateKbps, performance.now())),
      onReleased: events.resumed,
      onRewound: events.rewound,
    });
  }

  get #estimateKbps(): number {
    return this.#hls.bandwidthEstimate / 1000;
  }

  #estimate(kbps: number | undefined): void {
    if (kbps !== undefined) this.#hls.bandwidthEstimate = kbps * 1000;
  }

  /** Behind the server's clock when the playlist carries it, else behind the edge of the playlist. */
  #latencySec(): number | undefined {
    // Before the first picture, and during a jump, the place says nothing.
    if (this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || this.#video.seeking || this.#video.currentTime === 0) return undefined;
    const playing = this.#hls.playingDate;
    const nowMs = this.#clock.nowMs;
    if (playing && nowMs !== undefined) return Math.max(0, (nowMs - playing.getTime()) / 1000);
    return this.behindSec || undefined;
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
      if (index < 0 || this.#hls.levels.length === 1) continue;
      if (index === this.#hls.loadLevel) this.#leave(index);
      else this.#hls.removeLevel(index);
    }
  }

  /** hls.js stops loading when the level in use is removed, so it goes to another first; the server fills the old one meanwhile. */
  #leave(index: number): void {
    const kept = this.#hls.levels.map((level, other) => (this.#dropped.includes(nameOf(level)) ? -1 : other)).filter((other) => other >= 0);
    const next = kept.findLast((other) => other < index) ?? kept[0];
    if (next === undefined) return;
    this.#isLeaving = true;
    this.#hls.loadLevel = next;
  }

  #onPlaylist(): void {
    const level = this.#hls.levels[this.#hls.loadLevel];
    if (!this.#isLeaving || !level?.details || this.#dropped.includes(nameOf(level))) return;
    this.#isLeaving = false;
    this.#removeDropped();
    if (this.#chosen === undefined) this.#hls.loadLevel = -1;
    this.#events.changed();
  }

  #onError(data: ErrorData): void {
    if (!data.fatal) return;
    if (data.details === Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) this.#events.changed();
    this.#events.trouble(kindOf(data));
  }
}

/** Where to start; from the first playlist on, the pacer says how far behind to play. */
function configFor({ latency, start, check }: EngineOptions): Partial<HlsConfig> {
  const config = { ...hlsConfig, lowLatencyMode: playsParts(latency), ...(check === undefined ? {} : { fLoader: checkedLoader(check) }) };
  // A recording. Each return of its publisher left a hole of some milliseconds in the sound, and hls.js ends nothing that it closes.
  if (start.atSec !== undefined) return { ...config, startPosition: start.atSec, maxBufferHole: 0 };
  // The others start where the playlist says.
  const liveSyncDuration = start.behindSec ?? (latency === 'balanced' ? BALANCED_SEC : undefined);
  return liveSyncDuration === undefined ? config : { ...config, liveSyncDuration };
}

function liveEdgeOf(details: LevelDetails | null, playsPartsNow: boolean): LiveEdge | undefined {
  if (!details?.live) return undefined;
  const stepSec = (playsPartsNow && details.partTarget) || details.targetduration;
  return { ...holdBackOf(details), edgeSec: details.edge + Math.min(details.age, MAX_EDGE_STEPS * stepSec) };
}

function holdBackOf({ holdBack, partHoldBack, targetduration }: LevelDetails): HoldBack {
  return { holdBackSec: holdBack || 3 * targetduration, partHoldBackSec: partHoldBack };
}

function kindOf(data: ErrorData): TroubleKind {
  if (data.details === Hls.ErrorDetails.MANIFEST_INCOMPATIBLE_CODECS_ERROR) return 'codec';
  if (data.type === Hls.ErrorTypes.NETWORK_ERROR) return 'network';
  return data.type === Hls.ErrorTypes.MEDIA_ERROR ? 'media' : 'other';
}

function nameOf(level: Level): string {
  return levelNameOf(level.uri);
}

function renditionOf(level: Level): PlayableRendition {
  const { width, height, frameRate } = level;
  return { name: nameOf(level), kind: 'video', width, height, ...(frameRate > 0 ? { fps: frameRate } : {}), bitrateKbps: level.averageBitrate / 1000 };
}

function hasPicture(level: Level): boolean {
  return level.height > 0 || level.videoCodec !== undefined;
}
