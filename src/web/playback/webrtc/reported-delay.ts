/** What of the statistics tells of clocks (webrtc-stats), of which each browser knows some. */
type Entry = Partial<RTCInboundRtpStreamStats & RTCIceCandidatePairStats> & RTCStats & { remoteTimestamp?: number };

/** From 1900, where NTP begins, to 1970. */
const NTP_OFFSET_MS = 2_208_988_800_000;
/** Where NTP begins anew; browsers take a clock that counts from the start of a machine for one of the next era. */
const NTP_ERA_MS = 2 ** 32 * 1000;
/** What plays is never older over WebRTC. */
const BELIEVABLE_SEC = 30;

/**
 * How long ago the server sent the picture that plays now: its sender reports tell what its clock showed then, and the
 * last of them what it shows now. Undefined while the browser does not tell, as without sound.
 */
export function reportedDelaySec(report: Pick<RTCStatsReport, 'forEach'>): number | undefined {
  const entries: Entry[] = [];
  report.forEach((entry: Entry) => entries.push(entry));
  const video = entries.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
  const sender = entries.find(({ type, id }) => type === 'remote-outbound-rtp' && id === video?.remoteId);
  const played = video?.estimatedPlayoutTimestamp;
  if (video === undefined || sender?.remoteTimestamp === undefined || played === undefined) return undefined;
  const roundTripSec = entries.find(({ type, nominated }) => type === 'candidate-pair' && nominated === true)?.currentRoundTripTime ?? 0;
  const serverNowMs = sender.remoteTimestamp + (video.timestamp - sender.timestamp) + (roundTripSec * 1000) / 2;
  // Some browsers count what plays from 1900, some from 1970.
  const delays = [played, played + NTP_OFFSET_MS].map((playedMs) => ((serverNowMs + NTP_OFFSET_MS - playedMs) % NTP_ERA_MS) / 1000);
  return delays.find((sec) => sec >= 0 && sec < BELIEVABLE_SEC);
}
