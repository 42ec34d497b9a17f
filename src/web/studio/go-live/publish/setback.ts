import { asSentence, plainWords, Problem } from '../../../api/problem.js';

/** No media got through, or none does any more. */
export class ConnectionFailed extends Error {
  constructor() {
    super('the media connection failed');
    this.name = 'ConnectionFailed';
  }
}

/** Another encoder publishes to the channel now. */
export class TakenOver extends Error {
  constructor() {
    super('another encoder took over');
    this.name = 'TakenOver';
  }
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;

/** How long to wait before a try: 1, 2, 4 and 8 s, then every 15 s, or as long as the server asks for. */
export function pauseMs(setbacks: number, error: unknown): number {
  const asked = error instanceof Problem ? (error.retryAfterSec ?? 0) * 1000 : 0;
  return Math.max(asked, Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (setbacks - 1)));
}

/** Whether another try would end the same way. */
export function isFinal(error: unknown): boolean {
  if (error instanceof TakenOver) return true;
  return error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 408 && error.status !== 429;
}

/** Why this browser cannot stream, or does not any more, and what to do. */
export function setbackWords(error: unknown): string {
  if (error instanceof TakenOver) return 'Another encoder streams to your channel now, so this browser has stopped.';
  if (error instanceof ConnectionFailed) return 'No connection for picture and sound comes about. A firewall may block it: try another network, or ask the person who runs this server about its WebRTC port.';
  if (!(error instanceof Problem)) return plainWords(error);
  if (error.code === 'webrtc_unavailable') return `This server cannot take a stream from a browser: ${asSentence(error.message)}`;
  if (error.code === 'stream_key_rejected') return 'The stream key of this browser was revoked. Go live again to stream with a new one.';
  if (error.code === 'stream_ended_lately') return 'The stream was ended in the studio. Wait half a minute before you go live again.';
  return error.status === 404 || error.status === 405 ? 'This server does not take streams from browsers. Use OBS instead.' : plainWords(error);
}
