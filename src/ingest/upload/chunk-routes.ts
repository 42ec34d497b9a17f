import { randomUUID } from 'node:crypto';
import { PassThrough, pipeline, Transform } from 'node:stream';
import type { Readable } from 'node:stream';
import { Router } from 'express';
import type { Request } from 'express';
import { z } from 'zod';
import { parseBody, parseQuery } from '../../platform/index.js';
import type { IngestConfig } from '../config.js';
import { ChunkDamaged, ChunkHashMissing, ChunksAreFiles, ChunksMissing, ChunksSurplus, ChunkTaken, ChunkTooLarge, ChunkTooSmall, UploadEmpty, UploadTooLarge, UploadUnknown } from './errors.js';
import type { Upload } from './queries.js';
import { description, line, title } from './tus-routes.js';
import type { UploadCallers, UploadChannels } from './tus-routes.js';
import type { StoredChunk, UploadFolder } from './upload-folder.js';
import type { Uploads } from './uploads.js';

export interface ChunkRoutesOptions {
  uploads: Uploads;
  folder: UploadFolder;
  config: IngestConfig['upload'];
  callers: UploadCallers;
  channels: UploadChannels;
}

const MIB = 2 ** 20;
/** Of all but the last one. */
const MIN_CHUNK_BYTES = 65_536;
const FILE_TYPE_BYTES = 12;
const newBroadcast = z.strictObject({ channel: z.string('must name the channel'), title: title.min(1, 'must not be empty').optional(), description: description.default(''), fileName: line.max(255).default('') });
const sha256 = z.string().regex(/^[0-9a-f]{64}$/i, 'must be 64 hex digits').transform((text) => text.toLowerCase());

/**
 * Recordings that an app sends piece by piece: `POST /broadcasts`, then `/broadcasts/:id/chunks` in any order, then
 * `/broadcasts/:id/complete`. Mounted at /api/v1, before what parses bodies of these addresses.
 */
export function chunkRoutes({ uploads, folder, config, callers, channels }: ChunkRoutesOptions): Router {
  const place = z.object({ index: z.coerce.number('must be a number').int().min(0).max(config.maxChunks - 1, `must be at most ${config.maxChunks - 1}`), sha256: sha256.optional() });
  const completion = z.strictObject({ chunks: z.int('must be a number').min(1).max(config.maxChunks) });
  const maxChunkBytes = config.maxChunkMiB * MIB;
  const receiving = async (request: Request<{ id: string }>): Promise<Upload> => {
    const upload = await uploads.getReceiving(request.params.id, await callers.caller(request));
    if (upload.kind !== 'chunks') throw new UploadUnknown();
    return upload;
  };
  const router = Router();

  router.post('/broadcasts', async (request, response) => {
    const caller = await callers.caller(request);
    const wish = parseBody(newBroadcast, request);
    const { id: channelId } = await channels.getManaged(wish.channel, caller);
    const name = wish.title ?? 'Uploaded video';
    const { id } = await uploads.create({ channelId, makerId: caller.id, kind: 'chunks', fileName: wish.fileName, title: name, description: wish.description, sizeBytes: 0 });
    response.status(201).location(`/api/v1/uploads/${id}`).json({ id, minChunkBytes: MIN_CHUNK_BYTES, maxChunkBytes, maxChunks: config.maxChunks, maxBytes: uploads.maxBytes });
  });
  router.post('/broadcasts/:id/chunks', async (request, response) => {
    const { id } = await receiving(request);
    const { index, sha256: query } = parseQuery(place, request);
    const announced = query ?? digestOf(request);
    if (announced === undefined) throw new ChunkHashMissing();
    const before = await folder.listChunks(id);
    const known = before.find((chunk) => chunk.index === index);
    if (known !== undefined && known.sha256 !== announced) throw new ChunkTaken(index);
    if (known === undefined) await take(id, { index, sha256: announced, totalBytes: before.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }, request);
    response.status(known === undefined ? 201 : 200).json({ index, sha256: announced });
  });
  router.get('/broadcasts/:id/chunks', async (request, response) => {
    const { id, state } = await uploads.getOwn(request.params.id, await callers.caller(request));
    response.json({ state, chunks: await folder.listChunks(id) });
  });
  router.post('/broadcasts/:id/complete', async (request, response) => {
    const { id, state, kind } = await uploads.getOwn(request.params.id, await callers.caller(request));
    const { chunks: count } = parseBody(completion, request);
    // Said twice, because the first answer was lost: it is on its way.
    if (state === 'receiving' && kind === 'chunks') await complete(id, count);
    response.status(202).json({ id });
  });

  const take = async (id: string, chunk: { index: number; sha256: string; totalBytes: number }, request: Request): Promise<void> => {
    await uploads.checkRoom(maxChunkBytes);
    const limitBytes = Math.min(maxChunkBytes, uploads.maxBytes - chunk.totalBytes);
    const tooMuch = limitBytes < maxChunkBytes ? new UploadTooLarge(uploads.maxBytes) : new ChunkTooLarge(maxChunkBytes);
    if (Number(request.get('Content-Length') ?? 0) > limitBytes) throw tooMuch;
    const written = await folder.writeChunk(id, randomUUID(), bounded(request, limitBytes, tooMuch));
    if (written.sha256 !== chunk.sha256 || written.sizeBytes === 0) {
      await folder.dropPartial(written.partial);
      throw written.sizeBytes === 0 ? new UploadEmpty() : new ChunkDamaged(written.sha256);
    }
    await folder.keepChunk(id, chunk, written.partial);
  };
  const complete = async (id: string, count: number): Promise<void> => {
    const chunks = await folder.listChunks(id);
    checkWhole(chunks, count);
    for (const chunk of chunks.slice(1, 2)) {
      if (beginsFile(await folder.headOf(id, chunk, FILE_TYPE_BYTES))) throw new ChunksAreFiles(chunk.index);
    }
    const small = chunks.slice(0, -1).find((chunk) => chunk.sizeBytes < MIN_CHUNK_BYTES);
    if (small !== undefined) throw new ChunkTooSmall(small.index, MIN_CHUNK_BYTES);
    const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
    await uploads.checkRoom(sizeBytes); // they are joined beside each other
    await uploads.queue(id, sizeBytes);
  };
  return router;
}

/** @throws {ChunksMissing} {ChunksSurplus} */
function checkWhole(chunks: StoredChunk[], count: number): void {
  const there = new Set(chunks.map(({ index }) => index));
  const missing = Array.from({ length: count }, (_, index) => index).filter((index) => !there.has(index));
  if (missing.length > 0) throw new ChunksMissing(missing);
  const surplus = chunks.find(({ index }) => index >= count);
  if (surplus !== undefined) throw new ChunksSurplus(surplus.index, count);
}

/** RFC 9530 §2; of several digests, the one that is asked for. */
function digestOf(request: Request): string | undefined {
  const base64 = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/.exec(request.get('Content-Digest') ?? '')?.[1];
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('hex');
}

function bounded(source: Readable, limitBytes: number, tooMuch: Error): Readable {
  let sizeBytes = 0;
  const bound = new Transform({
    transform(piece: Buffer, _encoding, done) {
      sizeBytes += piece.length;
      if (sizeBytes > limitBytes) done(tooMuch);
      else done(null, piece);
    },
  });
  // An error of either end ends both, and is told by the stream that is read.
  return pipeline(source, bound, new PassThrough(), () => undefined);
}

/** ISO/IEC 14496-12 §4.3: the box of the file type comes first. */
function beginsFile(head: Buffer): boolean {
  return head.length >= FILE_TYPE_BYTES && head.toString('latin1', 4, 8) === 'ftyp';
}
