import { AppError } from '../../platform/index.js';

/** What a file is that cannot become a recording. */
export type FileFault = 'not_media' | 'nothing_to_show' | 'too_many_streams' | 'too_long' | 'too_short' | 'picture_size' | 'codec_unknown' | 'cut_off' | 'damaged' | 'too_heavy';

/** The file cannot become a recording; the message tells its owner why. */
export class FileRefused extends AppError {
  constructor(fault: FileFault, message: string, options: { cause?: unknown } = {}) {
    super(`file_${fault}`, message, { status: 422, ...options });
  }
}

/** Whoever runs the machine ended FFmpeg, or its memory did not suffice: the file may be good. */
export class FileRunEnded extends AppError {
  constructor(signal: NodeJS.Signals, options: { cause: unknown }) {
    super('file_run_ended', `FFmpeg was ended by ${signal}`, { status: 500, ...options });
  }
}

/** What was made of a file finds no room, also after waiting for it. */
export class FileSinkFull extends AppError {
  constructor() {
    super('file_sink_full', 'what was made of a file could not be written: see whether the disk is full', { status: 507 });
  }
}
