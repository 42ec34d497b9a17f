import { AppError } from '../platform/index.js';

/** The same for one that does not exist and one that is somebody else's: who has which is not told. */
export class RecordingUnknown extends AppError {
  constructor() {
    super('recording_unknown', 'there is no such recording', { status: 404 });
  }
}

export class RecordingRunning extends AppError {
  constructor(slug: string) {
    super('recording_running', `this show is still on air: its recording is there when it has ended`, { status: 409, detail: { slug } });
  }
}

/** Whoever can see it may know that it is not theirs. */
export class RecordingNotYours extends AppError {
  constructor() {
    super('recording_not_yours', 'only the owner of the channel or an admin may do this', { status: 403 });
  }
}

export class RenditionUnknown extends AppError {
  constructor(name: string) {
    super('rendition_unknown', `this recording has no rendition "${name}"`, { status: 404 });
  }
}

/** Reading the headers of a long recording takes a second: more than a few at once would be felt by who is live. */
export class DownloadsBusy extends AppError {
  constructor() {
    super('downloads_busy', 'many downloads are being prepared: try again in a moment', { status: 503, expose: true, detail: { retryAfterSec: 5 } });
  }
}
