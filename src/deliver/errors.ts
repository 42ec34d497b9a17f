import { AppError } from '../platform/index.js';

export class FileNotFound extends AppError {
  constructor() {
    super('file_not_found', 'no such segment: it left the live window, or never was', { status: 404 });
  }
}
