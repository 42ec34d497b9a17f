import { AppError } from '../platform/index.js';

export class FileNotFound extends AppError {
  constructor(options: { cause?: unknown } = {}) {
    super('file_not_found', 'no such segment: it left the live window, or never was', { status: 404, ...options });
  }
}

/** The query of a playlist breaks a rule of RFC 8216bis §6.2.5. */
export class PlaylistRequestRefused extends AppError {
  constructor(rule: string) {
    super('playlist_request_refused', rule, { status: 400 });
  }
}

/** The stream stands still: nothing came for as long as a request may wait. */
export class PlaylistStalled extends AppError {
  constructor(waitedSec: number) {
    super('playlist_stalled', `nothing new came for ${waitedSec} s; the stream may be interrupted`, { status: 503, expose: true, detail: { retryAfterSec: 1 } });
  }
}

/** So many requests wait for this broadcast that one more is not taken. */
export class TooManyWaiting extends AppError {
  constructor(max: number) {
    super('too_many_waiting', `${max} requests wait for this broadcast already`, { status: 503, expose: true, detail: { retryAfterSec: 2 } });
  }
}
