import type { types } from 'mediasoup';
import { WebRtcUnavailable } from './errors.js';

/**
 * What the worker answers about this transport. It may be closed at any moment: by its client, with its stream, or with its worker.
 * @throws {WebRtcUnavailable} when it was closed meanwhile.
 */
export async function unlessGone<T>(transport: types.WebRtcTransport, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (transport.closed) throw new WebRtcUnavailable('the session was closed while it was answered: start a new one', { retryAfterSec: 1 });
    throw error;
  }
}
