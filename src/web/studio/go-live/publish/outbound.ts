/** What a connection has sent so far, from its statistics; counters since its start. */
export interface Outbound {
  /** ms of a monotonic clock. */
  atMs: number;
  bytes: number;
  frames: number;
  packets: number;
  /** As the server reports it. */
  lost: number;
  width: number | undefined;
  height: number | undefined;
  rttMs: number | undefined;
  /** Why the picture is less than was asked for: `none`, `cpu`, `bandwidth`, `other`; not every browser tells. */
  limitation: string | undefined;
  /** What the network is judged to carry of the picture; not every browser tells. */
  targetKbps: number | undefined;
  /** Such as `H264`. */
  videoCodec: string | undefined;
}

/** Statistics as browsers give them, of which each knows some (webrtc-stats). */
export type OutboundEntry = Partial<RTCOutboundRtpStreamStats> & RTCStats & {
  mimeType?: string; packetsLost?: number; roundTripTime?: number; currentRoundTripTime?: number; nominated?: boolean; state?: string;
};

export function readOutbound(report: { forEach(look: (entry: OutboundEntry) => void): void }, atMs: number): Outbound {
  const entries: OutboundEntry[] = [];
  report.forEach((entry) => entries.push(entry));
  const streams = entries.filter(({ type }) => type === 'outbound-rtp');
  const heard = entries.filter(({ type }) => type === 'remote-inbound-rtp');
  const video = streams.find(({ kind }) => kind === 'video');
  const sum = (of: OutboundEntry[], pick: (entry: OutboundEntry) => number | undefined) => of.reduce((total, entry) => total + (pick(entry) ?? 0), 0);
  return {
    atMs,
    bytes: sum(streams, ({ bytesSent }) => bytesSent),
    frames: video?.framesSent ?? 0,
    packets: sum(streams, ({ packetsSent }) => packetsSent),
    lost: sum(heard, ({ packetsLost }) => packetsLost),
    width: video?.frameWidth,
    height: video?.frameHeight,
    rttMs: roundTripMs(entries, heard),
    limitation: video?.qualityLimitationReason,
    targetKbps: video?.targetBitrate === undefined ? undefined : video.targetBitrate / 1000,
    videoCodec: entries.find(({ id }) => id === video?.codecId)?.mimeType?.split('/')[1],
  };
}

/** By ICE's own checks, which every server answers; else by what it reports of the media. */
function roundTripMs(entries: OutboundEntry[], heard: OutboundEntry[]): number | undefined {
  const pair = entries.find(({ type, nominated, state }) => type === 'candidate-pair' && nominated === true && state === 'succeeded');
  const sec = pair?.currentRoundTripTime ?? heard.find(({ roundTripTime }) => roundTripTime !== undefined)?.roundTripTime;
  return sec === undefined ? undefined : sec * 1000;
}
