import { Router } from 'express';
import type { UploadCallers, UploadChannels } from './tus-routes.js';
import type { Upload } from './queries.js';
import type { Uploads } from './uploads.js';

export interface UploadRoutesOptions {
  uploads: Uploads;
  callers: UploadCallers;
  channels: UploadChannels;
}

/** What became of uploads: `/channels/:slug/uploads` and `/uploads/:id`. Mounted at /api/v1. */
export function uploadRoutes({ uploads, callers, channels }: UploadRoutesOptions): Router {
  const router = Router();
  const viewOf = async (upload: Upload): Promise<Record<string, unknown>> => {
    const { id, kind, fileName, title, description, state, sizeBytes, progress, problem, createdAt } = upload;
    return {
      id, kind, fileName, title, description, state, sizeBytes, createdAt,
      receivedBytes: await uploads.receivedBytes(upload),
      progress: state === 'ready' ? 1 : progress,
      ...(problem === undefined ? {} : { problem }),
      ...(state === 'ready' ? { recordingId: id } : {}),
    };
  };
  router.get('/channels/:slug/uploads', async (request, response) => {
    const { id } = await channels.getManaged(request.params.slug, await callers.caller(request));
    response.json({ uploads: await Promise.all((await uploads.list(id)).map(viewOf)) });
  });
  router.get('/uploads/:id', async (request, response) => {
    response.json(await viewOf(await uploads.getManaged(request.params.id, await callers.caller(request))));
  });
  router.delete('/uploads/:id', async (request, response) => {
    const { id } = await uploads.getManaged(request.params.id, await callers.caller(request));
    await uploads.remove(id);
    response.status(204).set('Tus-Resumable', '1.0.0').end();
  });
  return router;
}
