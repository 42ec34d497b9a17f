import { AppError } from '../platform/index.js';

export class FileNotFound extends AppError {
  constructor(options: { cause?: unknown } = {}) {
    super('file_not_found', 'no such segment: it left the live window, or never was', { status: 404, ...options });
  }
}

/** The range asked for lies outside of the file; its size travels in Content-Range (RFC 9110 §15.5.17). */
export class RangeNotSatisfiable extends AppError {
  constructor(sizeBytes: number) {
    super('range_not_satisfiable', `the range lies outside of the ${sizeBytes} bytes of this file`, { status: 416 });
  }
}
