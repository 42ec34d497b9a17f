import type { AudioConfig, Frame, Take, VideoConfig } from '../../src/streams/index.js';
import type { LivePackage } from '../../src/packager/index.js';
import { audioFrame, videoFrame } from './frames.js';

/** A stretch of a broadcast in one format. */
export interface Stretch {
  what: string;
  seconds: number;
  fps: number;
  configs: Record<string, VideoConfig | AudioConfig>;
  /** The encoder is gone for this long before the stretch begins; a take of its own begins anyway. */
  outageSec?: number;
  /** Pictures from one key frame to the next; 2 s of them when not given. */
  groupFrames?: (group: number) => number;
  /** From presentation to decoding, ms: what B-frames need. */
  reorderMs?: number;
  isLost?: (name: string, sinceSec: number) => boolean;
  /** How far pictures are off their time at most, ms. */
  jitterMs?: number;
}

/** How far an encoder is behind the source, ms. */
const LAGS_MS: Record<string, number> = { source: 0, audio: 35 };
const ENCODER_LAG_MS = 90;
const BYTES: Record<string, number> = { source: 600, audio: 20 };
const ENCODED_BYTES = 200;
const GROUP_SEC = 2;

interface Arrival {
  atMs: number;
  name: string;
  frame: Frame;
}

/** Plays stretches into a package as fast as it takes them; media time is the only clock. */
export class Programme {
  readonly #live: LivePackage;
  #nowMs: number;
  #take = -1;

  constructor(options: { live: LivePackage; startMs: number }) {
    this.#live = options.live;
    this.#nowMs = options.startMs;
  }

  /** Media time, ms. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** @param onFrame after each frame, with the time it arrives at, ms. */
  async play(stretch: Stretch, onFrame: (atMs: number) => void): Promise<void> {
    this.#startTake(stretch);
    const fromMs = this.#nowMs;
    const arrivals = [...arrivalsOf(stretch, fromMs)].sort((a, b) => a.atMs - b.atMs);
    for (const [i, { atMs, name, frame }] of arrivals.entries()) {
      this.#live.push({ type: 'frame', take: this.#take, rendition: name, frame });
      onFrame(atMs);
      // Files are written behind: the disk gets its turn.
      if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    this.#nowMs = fromMs + stretch.seconds * 1000;
  }

  #startTake({ configs, outageSec = 0, fps, groupFrames }: Stretch): void {
    if (this.#take >= 0) this.#live.finishTake();
    this.#nowMs += outageSec * 1000;
    const number = ++this.#take;
    const longestMs = groupFrames === undefined ? GROUP_SEC * 1000 : 1000 * Math.max(...Array.from({ length: 200 }, (_, i) => groupFrames(i))) / fps;
    const renditions: Take['renditions'] = Object.entries(configs).map(([name, { kind }]) => ({ name, kind, origin: name === 'source' ? 'passthrough' : 'encoded' }));
    this.#live.startTake({ number, keyFrameIntervalMs: Math.min(longestMs, GROUP_SEC * 1000), renditions });
    for (const [rendition, config] of Object.entries(configs)) this.#live.push({ type: 'config', take: number, rendition, config });
  }
}

function* arrivalsOf({ configs, fps, seconds, groupFrames = () => GROUP_SEC * fps, reorderMs = 0, jitterMs = 0, isLost = () => false }: Stretch, fromMs: number): Generator<Arrival> {
  for (const [name, config] of Object.entries(configs)) {
    const lagMs = LAGS_MS[name] ?? ENCODER_LAG_MS;
    const sizeBytes = BYTES[name] ?? ENCODED_BYTES;
    const rate = config.kind === 'video' ? fps : config.sampleRate / config.frameSamples;
    let [group, nextKey] = [0, 0];
    for (let i = 0; i < seconds * rate; i++) {
      const isKey = i === nextKey;
      if (isKey) nextKey += Math.round(groupFrames(group++));
      const sinceMs = (i * 1000) / rate;
      if (isLost(name, sinceMs / 1000)) continue;
      const offMs = config.kind === 'video' && i > 0 ? jitterMs * Math.sin(i * i) : 0;
      const dtsMs = Math.round(fromMs + sinceMs + offMs);
      const frame = config.kind === 'video' ? videoFrame(dtsMs, { ptsMs: dtsMs + reorderMs, isKey, sizeBytes }) : audioFrame(dtsMs, { sizeBytes });
      frame.payload.fill(i % 251);
      yield { atMs: dtsMs + lagMs, name, frame };
    }
  }
}
