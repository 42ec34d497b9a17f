import { AppError } from '../platform/index.js';

/** The session description breaks its grammar or one of our bounds (RFC 8866, RFC 9725 §4.2). */
export class OfferInvalid extends AppError {
  constructor(rule: string) {
    super('offer_invalid', rule, { status: 400 });
  }
}

/** The offer is sound, and nothing in it can be taken. RFC 9725 §4.4.2 asks for 406 instead of an answer with every part rejected. */
export class OfferRefused extends AppError {
  constructor(reason: string) {
    super('offer_refused', reason, { status: 406 });
  }
}

/** A player asks this server for an offer; here the player makes it. */
export class OfferMissing extends AppError {
  constructor() {
    super('offer_missing', 'send an SDP offer in the body: this server answers offers and makes none', { status: 406 });
  }
}

/** The player has none of the codecs that this stream is sent in. */
export class CodecsRefused extends AppError {
  constructor(needed: string[]) {
    super('codecs_refused', `the offer has none of the codecs of this stream: ${needed.join(', ')}`, { status: 406, detail: { needed } });
  }
}

/** The fragment breaks RFC 8840 or one of our bounds. */
export class IceFragmentInvalid extends AppError {
  constructor(rule: string) {
    super('ice_fragment_invalid', rule, { status: 400 });
  }
}

export class BodyTypeRefused extends AppError {
  constructor(expected: string) {
    super('body_type_refused', `the body must be ${expected}`, { status: 415, detail: { expected } });
  }
}

export class MethodRefused extends AppError {
  constructor(method: string, allowed: string) {
    super('method_refused', `${method} is not answered here: use ${allowed}`, { status: 405 });
  }
}

/** The session ended, or never was. */
export class SessionUnknown extends AppError {
  constructor() {
    super('session_unknown', 'this session is over, or never was: start a new one', { status: 404 });
  }
}

/** RFC 6585 §3: without a condition, requests that overtake each other would undo an ICE restart. */
export class IceSessionUnnamed extends AppError {
  constructor() {
    super('ice_session_unnamed', 'If-Match must carry the ETag of the ICE session, or * for a restart', { status: 428 });
  }
}

export class IceSessionOutdated extends AppError {
  constructor() {
    super('ice_session_outdated', 'ICE was restarted since: If-Match is not the ETag of this ICE session', { status: 412 });
  }
}

/** The channel exists and sends nothing now. */
export class NotLive extends AppError {
  constructor(slug: string) {
    super('not_live', `channel "${slug}" is not live`, { status: 409, detail: { slug, retryAfterSec: 3 } });
  }
}

/** The stream is live, and browsers cannot play it in real time; `reason` says why in plain words. */
export class NoRealTime extends AppError {
  constructor(reason: string) {
    super('no_real_time', reason, { status: 409, detail: { retryAfterSec: 30 } });
  }
}

/** WebRTC is off, or its worker is just being replaced. */
export class WebRtcUnavailable extends AppError {
  constructor(reason: string, options: { retryAfterSec?: number } = {}) {
    super('webrtc_unavailable', reason, { status: 503, expose: true, detail: { retryAfterSec: options.retryAfterSec ?? 60 } });
  }
}

export class TooManyViewers extends AppError {
  constructor(max: number) {
    super('too_many_viewers', `${max} viewers watch in real time already`, { status: 503, expose: true, detail: { retryAfterSec: 10 } });
  }
}

/** A stream is copied for each set of payload types that players give its codecs, and there are enough copies. */
export class TooManyKindsOfPlayers extends AppError {
  constructor(max: number, options: { ofAddress: boolean }) {
    const where = options.ofAddress ? 'at your address, which is as many as one address may bring' : 'already, which is as many as fit';
    super('too_many_kinds_of_players', `players of ${max} different kinds watch ${where}: another kind has to wait until one of them has left`, { status: 503, expose: true, detail: { retryAfterSec: 10 } });
  }
}

/** WHIP without a bearer token. */
export class StreamKeyMissing extends AppError {
  constructor() {
    super('stream_key_missing', 'send the stream key in the header: Authorization: Bearer <key>', { status: 401 });
  }
}

/** This address sent too many wrong stream keys. */
export class TooManyWrongKeys extends AppError {
  constructor() {
    super('too_many_wrong_keys', 'too many wrong stream keys from this address; try again in a minute', { status: 429, detail: { retryAfterSec: 60 } });
  }
}
