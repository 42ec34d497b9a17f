import { AppError } from '../../platform/index.js';

export class ClipUnknown extends AppError {
  constructor() {
    super('clip_unknown', 'there is no such clip', { status: 404 });
  }
}

/** Whoever can see it may know that it is not theirs. */
export class ClipNotYours extends AppError {
  constructor() {
    super('clip_not_yours', 'only who made the clip, the owner of the channel or an admin may do this', { status: 403 });
  }
}

/** Whoever has a clip can show it to anybody. */
export class ClipOfPrivate extends AppError {
  constructor() {
    super('clip_of_private', 'the recording of this show is private: no clips can be made of it', { status: 403 });
  }
}

export class ClipOutOfReach extends AppError {
  constructor() {
    super('clip_out_of_reach', 'the clip would begin outside of what can be played of this show', { status: 409 });
  }
}

/** Why a clip starts at a key frame although another picture was asked for; nobody but the log is told. */
export class ClipInexact extends AppError {
  constructor(reason: string) {
    super('clip_inexact', `the clip cannot be cut to the frame: ${reason}`);
  }
}

/** The disk was full, or the segments left the window while the clip was made. */
export class ClipGone extends AppError {
  constructor() {
    super('clip_gone', 'a part of this stretch is not on the disk', { status: 409 });
  }
}

export class ClipsSpent extends AppError {
  constructor(perDay: number) {
    super('clips_spent', `an account may make ${perDay} clips in 24 hours`, { status: 403, detail: { perDay } });
  }
}

/** Each copies a minute of video from the disk to the disk, which who is live shares. */
export class ClipsBusy extends AppError {
  constructor() {
    super('clips_busy', 'many clips are being made: try again in a moment', { status: 503, expose: true, detail: { retryAfterSec: 5 } });
  }
}

/** Clips must not make retention delete recordings. */
export class ClipsWithoutRoom extends AppError {
  constructor() {
    super('clips_without_room', 'this server has no room for clips now', { status: 507, expose: true });
  }
}
