import { AppError } from '../../platform/index.js';

export class CidInvalid extends AppError {
  constructor(text: string, options: { cause?: unknown } = {}) {
    super('cid_invalid', `"${text.slice(0, 80)}" is no CID`, { status: 400, ...options });
  }
}

/** This gateway has what its own server recorded, and asks nobody else. */
export class BlockUnknown extends AppError {
  constructor() {
    super('block_unknown', 'this server has no such content: ask another gateway', { status: 404 });
  }
}

export class PathUnknown extends AppError {
  constructor(name: string) {
    super('path_unknown', `there is nothing named "${name.slice(0, 80)}" in it`, { status: 404 });
  }
}

export class FormatUnknown extends AppError {
  constructor(format: string) {
    super('format_unknown', `"${format.slice(0, 80)}" is not given here: ask for raw or car`, { status: 406 });
  }
}

export class ParameterInvalid extends AppError {
  constructor(name: string, value: string, rule: string) {
    super('parameter_invalid', `${name} is "${value.slice(0, 80)}": ${rule}`, { status: 400 });
  }
}

/** Asked for by who would not wait for it to be fetched from elsewhere (`only-if-cached`). */
export class NotHere extends AppError {
  constructor() {
    super('not_here', 'this server has no such content, and fetches none', { status: 412 });
  }
}

/** A folder has no bytes of its own. */
export class IsFolder extends AppError {
  constructor() {
    super('is_folder', 'this is a folder: name a file in it, or ask for raw or car', { status: 406 });
  }
}
