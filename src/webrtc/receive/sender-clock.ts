type Kind = 'video' | 'audio';

interface TrackClock {
  ticksPerMs: number;
  /** The latest timestamp, free of the wrap. */
  latest: number | undefined;
  /** What is added to its time for the common clock, ms. */
  offsetMs: number;
  report: { ntpMs: number; ticks: number } | undefined;
}

const WRAP = 2 ** 32;
/** Less than this between lips and voice is not seen, and each correction is a step in the sound. */
const TOLERANCE_MS = 20;
/** Reports that put sound and picture further apart are wrong. */
const MAX_CORRECTION_MS = 5_000;

/**
 * Brings the timestamps of a sender's two tracks to one clock in milliseconds. Each starts as it arrived; once both
 * have sender reports (RFC 3550 §6.4.1), the sound is laid beside the pictures as they say.
 */
export class SenderClock {
  readonly #tracks: Record<Kind, TrackClock>;

  /** @param clockRates of RTP, Hz. */
  constructor(clockRates: Record<Kind, number>) {
    const trackOf = (clockRate: number): TrackClock => ({ ticksPerMs: clockRate / 1_000, latest: undefined, offsetMs: 0, report: undefined });
    this.#tracks = { video: trackOf(clockRates.video), audio: trackOf(clockRates.audio) };
  }

  /** When the media of a timestamp was taken, ms on a clock that begins with `arrivedMs`. */
  timeMs(kind: Kind, timestamp: number, arrivedMs: number): number {
    const track = this.#tracks[kind];
    const isFirst = track.latest === undefined;
    const ticks = unwrap(timestamp, track.latest);
    track.latest = ticks;
    if (isFirst) track.offsetMs = arrivedMs - ticks / track.ticksPerMs;
    return Math.round(ticks / track.ticksPerMs + track.offsetMs);
  }

  /** Takes a sender report: at `ntpMs` of the sender's wall clock, the track's clock showed `timestamp`. */
  report(kind: Kind, { ntpMs, timestamp }: { ntpMs: number; timestamp: number }): void {
    const track = this.#tracks[kind];
    if (track.latest === undefined) return;
    track.report = { ntpMs, ticks: unwrap(timestamp, track.latest) };
    this.#align();
  }

  #align(): void {
    const { video, audio } = this.#tracks;
    if (video.report === undefined || audio.report === undefined) return;
    const apartMs = zeroOf(video, video.report) - zeroOf(audio, audio.report);
    if (Math.abs(apartMs) > TOLERANCE_MS && Math.abs(apartMs) < MAX_CORRECTION_MS) audio.offsetMs += apartMs;
  }
}

/** Where the sender's wall clock begins on ours. */
function zeroOf({ ticksPerMs, offsetMs }: TrackClock, { ntpMs, ticks }: { ntpMs: number; ticks: number }): number {
  return ticks / ticksPerMs + offsetMs - ntpMs;
}

/** The timestamp that is nearest to the latest one. */
function unwrap(timestamp: number, latest: number | undefined): number {
  if (latest === undefined) return timestamp;
  const step = (((timestamp - latest) % WRAP) + WRAP) % WRAP;
  return latest + (step < WRAP / 2 ? step : step - WRAP);
}
