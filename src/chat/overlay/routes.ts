import { Router } from 'express';
import type { Request } from 'express';
import type { RoomChannel } from '../socket/connection.js';
import type { Overlays } from './overlays.js';

/** `/channels/:slug/overlay`, for the owner. */
export function overlayRoutes({ overlays, managed }: { overlays: Overlays; managed: (request: Request<{ slug: string }>) => Promise<RoomChannel> }): Router {
  const router = Router();
  router.get('/channels/:slug/overlay', async (request, response) => {
    response.json({ madeAt: (await overlays.madeAt((await managed(request)).id)) ?? null });
  });
  router.post('/channels/:slug/overlay', async (request, response) => {
    const { id, slug } = await managed(request);
    const token = await overlays.rotate(id);
    response.status(201).json({ token, path: `/${slug}/overlay?token=${token}` });
  });
  router.delete('/channels/:slug/overlay', async (request, response) => {
    await overlays.remove((await managed(request)).id);
    response.status(204).end();
  });
  return router;
}
