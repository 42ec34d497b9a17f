import { AppError, messageOf } from '../platform/index.js';

/** The bytes of a client contradict the RTMP specification or exceed one of our bounds. */
export class RtmpInvalid extends AppError {
  constructor(message: string) {
    super('rtmp_invalid', message, { status: 400 });
  }
}

/** The media arrives faster than the operator allows, or stays unreadable. */
export class MediaRefused extends AppError {
  constructor(message: string) {
    super('media_refused', message, { status: 422 });
  }
}

/** This address sent too many wrong stream keys. */
export class TooManyWrongKeys extends AppError {
  constructor() {
    super('too_many_wrong_keys', 'too many wrong stream keys from this address; try again in a minute', { status: 429 });
  }
}

/** A listener could not be opened. */
export class RtmpNotListening extends AppError {
  constructor(port: number, cause: unknown) {
    super('rtmp_not_listening', `RTMP cannot listen on port ${port}; another program may be using it`, { expose: false, cause });
  }
}

/** The files for RTMPS cannot be read, or are not a certificate and its key. */
export class CertificateUnusable extends AppError {
  constructor(certFile: string, keyFile: string, cause: unknown) {
    super('certificate_unusable', `RTMPS cannot use ingest.tls.certFile ${certFile} with keyFile ${keyFile}: ${messageOf(cause)}`, { expose: false, cause });
  }
}
