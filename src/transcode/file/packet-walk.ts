/** What the packets of a file prove. Times in seconds of the file's own clock, as far as not said otherwise. */
export interface WalkFacts {
  /** From the first packet to the end of the last, seconds. */
  durationSec: number;
  video: VideoFacts | undefined;
  audio: AudioFacts | undefined;
}

export interface VideoFacts {
  frames: number;
  fps: number;
  kbps: number;
  /** Longest distance between key frames, and from the last one to the end, seconds. */
  keyFrameIntervalSec: number;
  beginsWithKey: boolean;
  /** Longest time that one picture stands, seconds. */
  longestStandSec: number;
  largestBytes: number;
}

export interface AudioFacts {
  kbps: number;
  /** Longest stretch without sound, its start and its end included, seconds. */
  longestHoleSec: number;
}

interface Track {
  packets: number;
  sizeBytes: number;
  largestBytes: number;
  firstSec: number;
  lastSec: number;
  endSec: number;
  beginsWithKey: boolean;
  lastKeySec: number;
  longestKeySec: number;
  longestStepSec: number;
  longestHoleSec: number;
}

/** ffprobe's fields of a packet, in its order. */
export const PACKET_ENTRIES = 'packet=stream_index,pts_time,dts_time,duration_time,size,flags';

/** Adds up the packets of the two chosen streams, line by line of ffprobe's CSV. Keeps no packet. */
export class PacketWalk {
  readonly #video: number | undefined;
  readonly #audio: number | undefined;
  readonly #tracks = new Map<number, Track>();

  /** @param streams their indexes in the file. */
  constructor(streams: { video: number | undefined; audio: number | undefined }) {
    this.#video = streams.video;
    this.#audio = streams.audio;
  }

  add(line: string): void {
    const [index, pts, dts, duration, size, flags = ''] = line.split(',');
    const stream = Number(index);
    if (stream !== this.#video && stream !== this.#audio) return;
    // Pictures are sent before they are shown: the time of sending only ever rises.
    const atSec = timeOf(stream === this.#video ? [dts, pts] : [pts, dts]);
    if (atSec === undefined) return;
    const track = this.#tracks.get(stream) ?? newTrack(atSec, flags.startsWith('K'));
    this.#tracks.set(stream, track);
    addPacket(track, { atSec, durationSec: timeOf([duration]) ?? 0, sizeBytes: Number(size) || 0, isKey: flags.startsWith('K') });
  }

  /** How far the packets have come, seconds from the first. */
  get spanSec(): number {
    const tracks = [...this.#tracks.values()];
    return tracks.length === 0 ? 0 : Math.max(...tracks.map(({ endSec }) => endSec)) - Math.min(...tracks.map(({ firstSec }) => firstSec));
  }

  facts(): WalkFacts {
    const [video, audio] = [this.#video, this.#audio].map((index) => (index === undefined ? undefined : this.#tracks.get(index)));
    const lead = video ?? audio;
    return {
      durationSec: this.spanSec,
      video: video && videoFacts(video),
      audio: audio && lead && { kbps: kbpsOf(audio), longestHoleSec: Math.max(audio.longestHoleSec, audio.firstSec - lead.firstSec, lead.endSec - audio.endSec) },
    };
  }
}

function addPacket(track: Track, packet: { atSec: number; durationSec: number; sizeBytes: number; isKey: boolean }): void {
  const { atSec, durationSec, sizeBytes, isKey } = packet;
  if (track.packets > 0) {
    track.longestStepSec = Math.max(track.longestStepSec, atSec - track.lastSec);
    track.longestHoleSec = Math.max(track.longestHoleSec, atSec - track.endSec);
  }
  if (isKey) {
    track.longestKeySec = Math.max(track.longestKeySec, atSec - track.lastKeySec);
    track.lastKeySec = atSec;
  }
  track.packets++;
  track.sizeBytes += sizeBytes;
  track.largestBytes = Math.max(track.largestBytes, sizeBytes);
  track.firstSec = Math.min(track.firstSec, atSec);
  track.lastSec = atSec;
  track.endSec = Math.max(track.endSec, atSec + durationSec);
}

function videoFacts(track: Track): VideoFacts {
  const spanSec = track.endSec - track.firstSec;
  return {
    frames: track.packets,
    fps: spanSec > 0 ? track.packets / spanSec : 0,
    kbps: kbpsOf(track),
    keyFrameIntervalSec: Math.max(track.longestKeySec, track.endSec - track.lastKeySec),
    beginsWithKey: track.beginsWithKey,
    longestStandSec: Math.max(track.longestStepSec, track.endSec - track.lastSec),
    largestBytes: track.largestBytes,
  };
}

function newTrack(atSec: number, beginsWithKey: boolean): Track {
  return {
    packets: 0, sizeBytes: 0, largestBytes: 0, firstSec: atSec, lastSec: atSec, endSec: atSec, beginsWithKey,
    lastKeySec: atSec, longestKeySec: 0, longestStepSec: 0, longestHoleSec: 0,
  };
}

function kbpsOf({ sizeBytes, endSec, firstSec }: Track): number {
  return endSec > firstSec ? Math.round((sizeBytes * 8) / 1000 / (endSec - firstSec)) : 0;
}

/** The first that is a number; ffprobe writes N/A for what is not known. */
function timeOf(texts: (string | undefined)[]): number | undefined {
  const text = texts.find((candidate) => candidate !== undefined && candidate !== '' && Number.isFinite(Number(candidate)));
  return text === undefined ? undefined : Number(text);
}
