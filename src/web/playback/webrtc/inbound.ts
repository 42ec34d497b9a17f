import type { Look } from './health.js';
import { reportedDelaySec } from './reported-delay.js';

/** What a connection has received so far, from its statistics. */
export interface Inbound extends Look {
  bytes: number;
  fps: number | undefined;
  /** Time that pictures spent in the jitter buffer, seconds, in all, and how many there were. */
  bufferedSec: number;
  bufferedFrames: number;
  /** How long ago the server sent what plays now, by its reports; undefined while the browser does not tell. */
  delaySec: number | undefined;
  /** Such as `H264, opus`. */
  codecs: string | undefined;
}

/** Statistics as browsers give them, of which each knows some (webrtc-stats). */
type Entry = Partial<RTCInboundRtpStreamStats> & RTCStats & { mimeType?: string; totalFreezesDuration?: number };

/** Reads what a connection has received. Where nobody looks, packets count as progress: browsers may not decode there. */
export function readInbound(report: RTCStatsReport, now: { atMs: number; isHidden: boolean }): Inbound {
  const entries: Entry[] = [];
  report.forEach((entry: Entry) => entries.push(entry));
  const streams = entries.filter((entry) => entry.type === 'inbound-rtp');
  const video = streams.find(({ kind }) => kind === 'video');
  const sum = (pick: (entry: Entry) => number | undefined) => streams.reduce((total, entry) => total + (pick(entry) ?? 0), 0);
  const packets = sum(({ packetsReceived }) => packetsReceived);
  return {
    atMs: now.atMs,
    progress: video === undefined || now.isHidden ? packets : video.framesDecoded ?? packets,
    packets,
    lost: sum(({ packetsLost }) => packetsLost),
    frozenSec: now.isHidden ? 0 : video?.totalFreezesDuration ?? 0,
    bytes: sum(({ bytesReceived }) => bytesReceived),
    fps: video?.framesPerSecond,
    bufferedSec: video?.jitterBufferDelay ?? 0,
    bufferedFrames: video?.jitterBufferEmittedCount ?? 0,
    delaySec: reportedDelaySec(report),
    codecs: codecsOf(streams, entries),
  };
}

function codecsOf(streams: Entry[], entries: Entry[]): string | undefined {
  const names = streams.map(({ codecId }) => entries.find(({ id }) => id === codecId)?.mimeType?.split('/')[1]);
  return names.filter((name) => name !== undefined).join(', ') || undefined;
}
