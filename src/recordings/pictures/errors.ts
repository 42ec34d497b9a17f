import { AppError } from '../../platform/index.js';

/** A key frame did not become a picture: its bytes are damaged, or FFmpeg is missing, too slow or at its limits. */
export class PictureFailed extends AppError {
  constructor(reason: string) {
    super('picture_failed', `no picture could be made: ${reason}`, { expose: false });
  }
}

export class PictureNotFound extends AppError {
  constructor(options: { cause?: unknown } = {}) {
    super('picture_not_found', 'there is no such picture of this broadcast, or none yet', { status: 404, ...options });
  }
}
