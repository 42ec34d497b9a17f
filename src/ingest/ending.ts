import { AppError, messageOf } from '../platform/index.js';
import type { CloseReason } from '../streams/index.js';
import { CodecUnsupported } from '../streams/index.js';
import { MediaRefused, RtmpInvalid, TooManyWrongKeys } from './errors.js';

/** How a connection ends: what its publication, its encoder and the log are told. */
export interface Ending extends CloseReason {
  level: 'debug' | 'info' | 'warn' | 'error';
  /** The status that the encoder gets before the hang-up; without one the connection is dropped at once. */
  status?: { level: 'status' | 'error'; code: string };
  /** What only the log is told: an error that is not the client's. */
  cause?: unknown;
}

/**
 * librtmp, and so OBS, hangs up on Denied, Rejected and Failed; before the first frame OBS then shows a wrong
 * stream key and does not try again. FFmpeg ends on every status of level error and prints its description.
 */
const STATUS_CODE: Record<CloseReason['code'], string> = {
  unpublished: 'NetStream.Unpublish.Success',
  'connection-lost': 'NetStream.Failed',
  'taken-over': 'NetStream.Publish.BadName',
  'key-revoked': 'NetStream.Publish.Denied',
  'ended-by-owner': 'NetStream.Publish.Rejected',
  'media-refused': 'NetStream.Publish.Rejected',
  shutdown: 'NetConnection.Connect.AppShutdown',
};

/** The connection went away or has to: there is nobody to tell. */
export function lost(level: Ending['level'], message: string): Ending {
  return { code: 'connection-lost', message, level };
}

/** The encoder is told why, then hung up on. */
export function told(reason: CloseReason): Ending {
  const level = reason.code === 'unpublished' ? 'status' : 'error';
  return { ...reason, level: 'info', status: { level, code: STATUS_CODE[reason.code] } };
}

/** A refusal that names its status. */
export function refused(statusCode: string, message: string): Ending {
  return { code: 'connection-lost', message, level: 'warn', status: { level: 'error', code: statusCode } };
}

/** The ending for an error that a client's bytes caused. */
export function endingOfFailure(error: unknown): Ending {
  if (error instanceof CodecUnsupported || error instanceof MediaRefused) {
    return { ...told({ code: 'media-refused', message: error.message }), level: 'warn' };
  }
  if (error instanceof RtmpInvalid) return lost('warn', error.message);
  return { ...lost('error', 'the server failed to handle the stream'), cause: error };
}

/** The ending for an error on the way from a stream key to its publication. */
export function endingOfRefusedKey(error: unknown): Ending {
  if (isKeyRejected(error) || error instanceof TooManyWrongKeys) return refused('NetStream.Publish.Denied', messageOf(error));
  // Something that the streamer can mend, such as starting again right after "End stream".
  if (error instanceof AppError && error.expose) return refused('NetStream.Publish.Denied', error.message);
  return { ...refused('NetStream.Failed', 'the server could not check the stream key; try again'), level: 'error', cause: error };
}

export function isKeyRejected(error: unknown): boolean {
  return error instanceof AppError && error.code === 'stream_key_rejected';
}
