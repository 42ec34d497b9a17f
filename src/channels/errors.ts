import { AppError } from '../platform/index.js';

export class ChannelUnknown extends AppError {
  constructor(slug: string) {
    super('channel_unknown', `there is no channel "${slug}"`, { status: 404, detail: { slug } });
  }
}

/** Channels are public, so a stranger is told that it exists and is not theirs. */
export class ChannelNotYours extends AppError {
  constructor(slug: string) {
    super('channel_not_yours', `only the owner of "${slug}" or an admin may do this`, { status: 403, detail: { slug } });
  }
}

export class StreamKeyUnknown extends AppError {
  constructor() {
    super('stream_key_unknown', 'this channel has no such stream key', { status: 404 });
  }
}

export class TooManyStreamKeys extends AppError {
  constructor(limit: number) {
    super('too_many_stream_keys', `a channel has at most ${limit} stream keys: revoke one first`, { status: 409, detail: { limit } });
  }
}

/** Nobody may publish with this key. The same for malformed, unknown, revoked and banned: nothing is learned by trying. */
export class StreamKeyRejected extends AppError {
  constructor() {
    super('stream_key_rejected', 'this stream key is not valid: copy it again from the studio', { status: 403 });
  }
}

export class PictureTypeUnknown extends AppError {
  constructor() {
    super('picture_type_unknown', 'the picture has to be a PNG, JPEG or WebP file', { status: 415 });
  }
}

export class PictureTooLarge extends AppError {
  constructor(limitBytes: number) {
    super('picture_too_large', `the picture may have at most ${limitBytes / 1024 / 1024} MB`, { status: 413, detail: { limitBytes } });
  }
}

export class PictureNotUsable extends AppError {
  constructor(reason: string) {
    super('picture_not_usable', `the picture cannot be used: ${reason}`, { status: 422 });
  }
}

export class PictureDamaged extends AppError {
  constructor(options: { cause?: unknown } = {}) {
    super('picture_damaged', 'the picture is damaged: save it again, or choose another one', { status: 422, ...options });
  }
}

export class TooManyPictures extends AppError {
  constructor() {
    super('too_many_pictures', 'others are changing their pictures: try again in a moment', { status: 503, expose: true, detail: { retryAfterSec: 5 } });
  }
}

export class PersonUnknown extends AppError {
  constructor(username: string) {
    super('person_unknown', `there is no account "${username}"`, { status: 404 });
  }
}

export class OwnerNeedsNoRole extends AppError {
  constructor() {
    super('owner_needs_no_role', 'the owner of a channel may do everything there already', { status: 409 });
  }
}

export class TooManyRoles extends AppError {
  constructor(limit: number) {
    super('too_many_roles', `a channel has at most ${limit} moderators and VIPs`, { status: 409, detail: { limit } });
  }
}
