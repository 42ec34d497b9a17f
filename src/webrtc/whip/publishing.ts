import type { types } from 'mediasoup';
import type { CloseReason, Media, Publication, PublicationOptions, PublishingChannel } from '../../streams/index.js';
import type { PublisherPlan } from '../receive/publisher-plan.js';
import type { AnsweringTransport } from '../sdp/answer.js';

/** Whoever knows the stream keys. */
export interface StreamKeys {
  /** @throws {AppError} `stream_key_rejected` when the key is unknown or revoked, or its owner is banned. */
  resolve(key: string): Promise<{ streamKeyId: string; channel: PublishingChannel }>;
}

/** Counts wrong keys by address, over all ways to publish. */
export interface WrongKeys {
  isBlocked(address: string): Promise<boolean>;
  count(address: string): Promise<void>;
}

/** Whoever takes what is published. */
export interface PublishTarget {
  publish(options: Omit<PublicationOptions, 'id'>): Promise<Publication>;
  /** The publisher is done, even when its connection was lost before it could say so. */
  conclude(publication: Publication, reason: CloseReason): void;
}

/** Whoever opens transports for publishers. */
export interface Receiver {
  /** @throws {WebRtcUnavailable} */
  receive(plan: PublisherPlan): Promise<ReceivingTransport>;
}

/** One publisher's transport, and its media. */
export interface ReceivingTransport extends AnsweringTransport {
  restartIce(): Promise<types.IceParameters>;
  connect(dtlsParameters: types.DtlsParameters): Promise<void>;
  /** Its media goes into this publication. */
  feed(publicationId: string): void;
  close(reason: CloseReason): void;
  on(event: 'media', listener: (media: Media) => void): unknown;
  on(event: 'closed', listener: (reason: CloseReason) => void): unknown;
}

/** By which a publisher is known. */
export interface PublishingClient {
  address: string;
  userAgent: string;
}
