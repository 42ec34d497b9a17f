import { AppError } from '../platform/index.js';

/** The bytes of a tag contradict the FLV or codec specification. */
export class MediaInvalid extends AppError {
  constructor(message: string) {
    super('media_invalid', message, { status: 400 });
  }
}

/** The codec is known, and this server cannot take it. */
export class CodecUnsupported extends AppError {
  constructor(codec: string, reason: string) {
    super('codec_unsupported', `${codec} is not supported: ${reason}`, { status: 415, detail: { codec } });
  }
}

export class BroadcastNotLive extends AppError {
  constructor(slug: string) {
    super('not_live', `channel "${slug}" is not live`, { status: 404, detail: { slug } });
  }
}

/** The owner ended the stream a moment ago; an encoder that reconnects by itself must not start it again. */
export class StreamEndedLately extends AppError {
  constructor(waitSec: number) {
    super('stream_ended_lately', `the stream was ended in the studio: stop the encoder, wait ${waitSec} s, and start it again`, { status: 409 });
  }
}
