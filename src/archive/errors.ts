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
