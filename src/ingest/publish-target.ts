import type { Publication, PublicationOptions, PublishingChannel } from '../streams/index.js';

/** Whoever knows the stream keys. */
export interface StreamKeys {
  /** @throws {AppError} `stream_key_rejected` when the key is unknown or revoked, or its owner is banned. */
  resolve(key: string): Promise<{ streamKeyId: string; channel: PublishingChannel }>;
}

/** Whoever takes what is published. */
export interface PublishTarget {
  publish(options: Omit<PublicationOptions, 'id'>): Promise<Publication>;
}
