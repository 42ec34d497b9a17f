import { AppError } from '../../platform/index.js';

/** There is nothing to make a file of. */
export class NothingRecorded extends AppError {
  constructor(segments: number) {
    super('nothing_recorded', `none of the ${segments} segments of this recording can be read`, { status: 404 });
  }
}

/** Players take one codec in a track, whatever the format allows. */
export class CodecsMixed extends AppError {
  constructor(codecs: string[]) {
    super('codecs_mixed', `one file holds one codec of each kind; this stretch has ${codecs.join(' and ')}`, { status: 409, detail: { codecs } });
  }
}

/** A file of a segment is not what the packager wrote: it is left out. */
export class SegmentDamaged extends AppError {
  constructor(what: string) {
    super('segment_damaged', what);
  }
}

/** A segment changed or went after the file was planned: what is being sent cannot be finished. */
export class SegmentGone extends AppError {
  constructor(options: { cause?: unknown } = {}) {
    super('segment_gone', 'a segment of this recording was deleted while it was sent', options);
  }
}
