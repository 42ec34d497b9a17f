import { FileStore } from '@tus/file-store';
import { Metadata, Server } from '@tus/server';
import { Router } from 'express';
import type { Request } from 'express';
import { z } from 'zod';
import { parseBody } from '../../platform/index.js';
import { UploadLengthMissing, UploadMetadataMalformed } from './errors.js';
import type { UploadFolder } from './upload-folder.js';
import type { UploadCaller, Uploads } from './uploads.js';

/** Who makes a request; throws without a good token. */
export interface UploadCallers {
  caller(request: Request): Promise<UploadCaller>;
}

/** Channels for who may upload to them; throws for others. */
export interface UploadChannels {
  getManaged(slug: string, caller: UploadCaller): Promise<{ id: string }>;
}

export interface TusRoutesOptions {
  uploads: Uploads;
  folder: UploadFolder;
  callers: UploadCallers;
  channels: UploadChannels;
}

const UPLOADS_PATH = '/api/v1/uploads';
/** Postgres takes no NUL, and no page shows the others. */
export const line = z.string('must be text').trim().regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be plain text in one line');
export const title = line.max(140, 'must have at most 140 characters');
export const description = z.string('must be text').trim().regex(/^(?:[^\p{Cc}\p{Cs}]|\r|\n|\t)*$/u, 'must be plain text').max(5000, 'must have at most 5000 characters');
/** Upload-Metadata: base64 of texts. */
const metadata = z.object({
  channel: z.string('must name the channel'),
  filename: line.max(255).catch(''),
  title: title.default(''),
  description: description.default(''),
});

/**
 * Resumable uploads (tus 1.0.0 with creation). Every request carries the access token; what the protocol itself refuses is
 * answered by the library. Mounted at /api/v1.
 */
export function tusRoutes({ uploads, folder, callers, channels }: TusRoutesOptions): Router {
  /** What was checked is what is written: the library would take whatever follows the last `/` of the address and its query. */
  const checked = new WeakMap<object, string>();
  const tus = new Server({
    path: UPLOADS_PATH,
    relativeLocation: true, // the address that a proxy has is none of ours
    allowedOrigins: [], // the API is for pages of this site
    datastore: new FileStore({ directory: folder.folder }),
    maxSize: uploads.maxBytes,
    namingFunction: ({ runtime }) => (runtime?.node && checked.get(runtime.node.req)) ?? '',
    getFileIdFromRequest: ({ runtime }) => runtime?.node && checked.get(runtime.node.req),
    onUploadFinish: async (_request, { id, size }) => {
      await uploads.queue(id, size ?? 0);
      return {};
    },
  });
  const router = Router();
  router.post('/uploads', async (request, response) => {
    const caller = await callers.caller(request);
    const { channel, filename, ...texts } = parseBody(metadata, { body: metadataOf(request) });
    const { id: channelId } = await channels.getManaged(channel, caller);
    const upload = await uploads.create({
      ...texts, channelId, makerId: caller.id, kind: 'file', fileName: filename, title: texts.title || titleOf(filename), sizeBytes: lengthOf(request),
    });
    checked.set(request, upload.id);
    await tus.handle(request, response).finally(async () => {
      if (response.statusCode !== 201) await uploads.remove(upload.id); // nobody knows of it
    });
  });
  router.head('/uploads/:id', async (request, response) => {
    const { id, state, sizeBytes } = await uploads.getOwn(request.params.id, await callers.caller(request));
    checked.set(request, id);
    // Its bytes may be gone by now: who did not hear of the end hears of it here, and does not begin anew.
    if (state !== 'receiving') response.set({ 'Tus-Resumable': '1.0.0', 'Upload-Offset': String(sizeBytes), 'Upload-Length': String(sizeBytes) }).end();
    else await tus.handle(request, response);
  });
  router.patch('/uploads/:id', async (request, response) => {
    const upload = await uploads.getReceiving(request.params.id, await callers.caller(request));
    await uploads.checkRoom(upload.sizeBytes - (await uploads.receivedBytes(upload)));
    checked.set(request, upload.id);
    await tus.handle(request, response);
  });
  router.options(['/uploads', '/uploads/:id'], (request, response) => tus.handle(request, response));
  return router;
}

/** @throws {UploadMetadataMalformed} */
function metadataOf(request: Request): Record<string, string | null> {
  try {
    return Metadata.parse(request.get('Upload-Metadata') ?? '');
  } catch {
    throw new UploadMetadataMalformed();
  }
}

function lengthOf(request: Request): number {
  const text = request.get('Upload-Length') ?? '';
  if (!/^\d{1,15}$/.test(text)) throw new UploadLengthMissing();
  return Number(text);
}

/** A file name without its ending, or what a show is called that has no name. */
export function titleOf(fileName: string): string {
  return fileName.replace(/\.\w{1,5}$/, '').slice(0, 140).trim() || 'Uploaded video';
}
