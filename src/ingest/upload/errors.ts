import { AppError } from '../../platform/index.js';

/** Whose it is is nobody else's business. */
export class UploadUnknown extends AppError {
  constructor() {
    super('upload_unknown', 'there is no such upload', { status: 404 });
  }
}

export class UploadTooLarge extends AppError {
  constructor(maxBytes: number) {
    super('upload_too_large', `at most ${sizeWords(maxBytes)} are taken`, { status: 413, detail: { maxBytes } });
  }
}

export class UploadEmpty extends AppError {
  constructor() {
    super('upload_empty', 'the file is empty', { status: 400 });
  }
}

/** Without it nobody could say whether the disk has room. */
export class UploadLengthMissing extends AppError {
  constructor() {
    super('upload_length_missing', 'Upload-Length must say how many bytes the file has', { status: 411 });
  }
}

export class UploadMetadataMalformed extends AppError {
  constructor() {
    super('upload_metadata_malformed', 'Upload-Metadata must name the channel: pairs of a key and a text in base64, separated by commas', { status: 400 });
  }
}

export class UploadsTooMany extends AppError {
  constructor(limit: number) {
    super('uploads_too_many', `an account may have ${limit} uploads at a time that are not finished: finish or delete one`, { status: 409, detail: { limit } });
  }
}

/** The disk is needed by what is live. */
export class UploadWithoutRoom extends AppError {
  constructor() {
    super('upload_without_room', 'the disk of this server has no room for this', { status: 507, expose: true });
  }
}

/** It has all its bytes, or was given up. */
export class UploadClosed extends AppError {
  constructor(state: string) {
    super('upload_closed', `this upload takes nothing any more: it is ${state}`, { status: 409, detail: { state } });
  }
}

export class ChunkTooLarge extends AppError {
  constructor(maxBytes: number) {
    super('chunk_too_large', `a chunk may have ${sizeWords(maxBytes)} at most`, { status: 413, detail: { maxBytes } });
  }
}

/** Many small files cost more than their bytes. */
export class ChunkTooSmall extends AppError {
  constructor(index: number, minBytes: number) {
    super('chunk_too_small', `chunk ${index} is smaller than ${minBytes} bytes, which only the last one may be`, { status: 422, detail: { index, minBytes } });
  }
}

export class ChunkHashMissing extends AppError {
  constructor() {
    super('chunk_hash_missing', 'send the SHA-256 of the chunk: Content-Digest: sha-256=:<base64>: (RFC 9530), or ?sha256=<hex>', { status: 400 });
  }
}

/** The bytes are not those that were hashed: send them again. */
export class ChunkDamaged extends AppError {
  constructor(found: string) {
    super('chunk_damaged', 'the bytes that arrived have another SHA-256 than the one announced: send the chunk again', { status: 422, detail: { sha256: found } });
  }
}

export class ChunkTaken extends AppError {
  constructor(index: number) {
    super('chunk_taken', `chunk ${index} is there already, with other bytes`, { status: 409, detail: { index } });
  }
}

export class ChunksMissing extends AppError {
  constructor(missing: number[]) {
    super('chunks_missing', `${missing.length} chunks are not there: ${missing.slice(0, 10).join(', ')}${missing.length > 10 ? ' …' : ''}`, { status: 409, detail: { missing: missing.slice(0, 1000) } });
  }
}

export class ChunksSurplus extends AppError {
  constructor(index: number, announced: number) {
    super('chunks_surplus', `chunk ${index} is there, and ${announced} chunks are announced, the first of which is 0`, { status: 409, detail: { index } });
  }
}

/** Joined, players would show the first one only. */
export class ChunksAreFiles extends AppError {
  constructor(index: number) {
    super('chunks_are_files', `chunk ${index} begins like an MP4 file of its own: chunks are consecutive pieces of one file, such as fragmented MP4 or MPEG-TS that is cut anywhere`, { status: 422, detail: { index } });
  }
}

function sizeWords(bytes: number): string {
  return bytes >= 2 ** 30 ? `${Math.round(bytes / 2 ** 30)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;
}
