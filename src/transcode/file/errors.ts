import { AppError } from '../../platform/index.js';

/** What a file is that cannot become a recording. */
export type FileFault = 'not_media' | 'nothing_to_show' | 'too_many_streams' | 'too_long' | 'too_short' | 'picture_size' | 'codec_unknown' | 'cut_off' | 'damaged' | 'too_heavy';

/** The file cannot become a recording; the message tells its owner why. */
export class FileRefused extends AppError {
  constructor(fault: FileFault, message: string, options: { cause?: unknown } = {}) {
    super(`file_${fault}`, message, { status: 422, ...options });
  }
}
