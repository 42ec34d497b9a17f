import { AppError } from '../platform/index.js';

export class ManifestUnknown extends AppError {
  constructor() {
    super('manifest_unknown', 'there is no signed manifest of this broadcast', { status: 404 });
  }
}

/** The secret that the keys are encrypted with is another one than when they were made. */
export class SigningKeyUnusable extends AppError {
  constructor(channelId: string, options: { cause: unknown }) {
    super('signing_key_unusable', `the signing key of channel ${channelId} cannot be opened: archive.keySecret, or archive-secret in dataDir, is not the one it was made with`, { status: 500, expose: false, ...options });
  }
}

export class ArchiveKeyUnusable extends AppError {
  constructor(broadcastId: string, options: { cause: unknown }) {
    super('archive_key_unusable', `the key of the archive of ${broadcastId} cannot be opened: archive.keySecret, or archive-secret in dataDir, is not the one it was made with`, { status: 500, expose: false, ...options });
  }
}

export class ArchiveUnknown extends AppError {
  constructor() {
    super('archive_unknown', 'nothing of this broadcast is to be stored for ever', { status: 404 });
  }
}

/** For ever is for ever: turning it on takes the channel's name. */
export class ArchiveNotConfirmed extends AppError {
  constructor(slug: string) {
    super('archive_not_confirmed', `to confirm, send the channel's name: "${slug}"`, { status: 400, detail: { slug } });
  }
}

/** An admin may stop what is stored for ever; only who owns the channel may begin it. */
export class ArchiveOwnerOnly extends AppError {
  constructor() {
    super('archive_owner_only', 'only the owner of the channel may have more of it stored for ever, or sooner', { status: 403 });
  }
}

export class ArchiveAlreadyPosted extends AppError {
  constructor() {
    super('archive_already_posted', 'some of this broadcast has been sent already, and nobody can take that back', { status: 409 });
  }
}

export class ArchiveRangesTooMany extends AppError {
  constructor(max: number) {
    super('archive_ranges_too_many', `${max} ranges of this broadcast are kept out already: one range may hold several, or all of it can be stopped`, { status: 409, detail: { max } });
  }
}

export class ArchiveNotEncrypted extends AppError {
  constructor() {
    super('archive_not_encrypted', 'this archive is not encrypted: it has no key to be given out or destroyed', { status: 409 });
  }
}

/** The request fits another state of the archive than the one it is in. */
export class ArchiveStateWrong extends AppError {
  constructor(state: string) {
    super('archive_state_wrong', `this cannot be done with an archive that is "${state}"`, { status: 409, detail: { state } });
  }
}

export class DeadLetterUnknown extends AppError {
  constructor() {
    super('dead_letter_unknown', 'there is no such dead letter, or it is being tried again already', { status: 404 });
  }
}

export class NotTheOperator extends AppError {
  constructor() {
    super('not_the_operator', 'only an admin of this server may do this', { status: 403 });
  }
}
