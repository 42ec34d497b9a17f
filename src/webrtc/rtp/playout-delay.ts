import type { types } from 'mediasoup';

const URI = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay';
/** mediasoup writes it under this number, whatever a viewer offers. */
export const PLAYOUT_DELAY_ID = 14;
/** Of the one-byte form (RFC 8285 §4.2), in words: a header of one byte and three bytes. */
const WORDS = 1;
const STEP_MS = 10;

export const PLAYOUT_DELAY: types.RtpHeaderExtensionParameters = { uri: URI, id: PLAYOUT_DELAY_ID };

/**
 * How long a player may wait before it shows a picture, as a whole header extension.
 * @param minMs @param maxMs up to 40,950, in steps of 10.
 */
export function playoutDelay({ minMs, maxMs }: { minMs: number; maxMs: number }): Buffer {
  const extension = Buffer.alloc(4 + 4 * WORDS);
  extension.writeUInt16BE(0xbede, 0);
  extension.writeUInt16BE(WORDS, 2);
  extension.writeUInt8((PLAYOUT_DELAY_ID << 4) | 2, 4);
  extension.writeUIntBE(((minMs / STEP_MS) << 12) | (maxMs / STEP_MS), 5, 3);
  return extension;
}

/** Whether a player takes it under mediasoup's number. */
export function takesPlayoutDelay({ headerExtensions = [] }: types.RtpCapabilities): boolean {
  return headerExtensions.some(({ uri, preferredId }) => uri === URI && preferredId === PLAYOUT_DELAY_ID);
}
