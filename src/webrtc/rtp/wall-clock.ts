/** Seconds from 1900, where NTP begins, to 1970. */
const NTP_OFFSET_SEC = 2_208_988_800;
/** Where timestamps wrap. */
export const TWO_32 = 2 ** 32;
const VERSION = 2;
const SENDER_REPORT = 200;
const SENDER_REPORT_BYTES = 28;

export const VIDEO_CLOCK_RATE = 90_000;
export const OPUS_CLOCK_RATE = 48_000;

/**
 * The RTP timestamp of a moment: all streams count from 1970, so a player can tell from the timestamp alone when a
 * picture was taken. 90 kHz wraps every 13 hours.
 * @param wallMs milliseconds since 1970, as in EXT-X-PROGRAM-DATE-TIME.
 */
export function rtpTimestamp(wallMs: number, clockRate: number): number {
  return Math.round(wallMs * (clockRate / 1000)) % TWO_32;
}

/** A sender report (RFC 3550 §6.4.1) without reception blocks: at `wallMs`, the stream's clock showed its timestamp. */
export function senderReport(stream: { ssrc: number; packets: number; octets: number }, wallMs: number, clockRate: number): Buffer {
  const report = Buffer.alloc(SENDER_REPORT_BYTES);
  report.writeUInt8(VERSION << 6, 0);
  report.writeUInt8(SENDER_REPORT, 1);
  report.writeUInt16BE(SENDER_REPORT_BYTES / 4 - 1, 2);
  report.writeUInt32BE(stream.ssrc, 4);
  report.writeUInt32BE((Math.floor(wallMs / 1000) + NTP_OFFSET_SEC) % TWO_32, 8);
  report.writeUInt32BE(Math.floor(((wallMs % 1000) / 1000) * TWO_32), 12);
  report.writeUInt32BE(rtpTimestamp(wallMs, clockRate), 16);
  report.writeUInt32BE(stream.packets, 20);
  report.writeUInt32BE(stream.octets, 24);
  return report;
}
