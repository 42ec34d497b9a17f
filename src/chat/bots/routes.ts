import { Router } from 'express';
import type { Request } from 'express';
import { z } from 'zod';
import { parseBody } from '../../platform/index.js';
import { BotUnknown } from '../errors.js';
import type { RoomChannel } from '../socket/connection.js';
import type { Bots } from './bots.js';

const newBot = z.strictObject({
  name: z.string().trim().toLowerCase().regex(/^[a-z0-9_-]{3,30}$/, 'must have 3 to 30 letters, digits, - or _'),
  scopes: z.array(z.enum(['read', 'write', 'moderate'])).min(1, 'must have one at least').max(3),
});

/** `/channels/:slug/bots`, for the owner. */
export function botRoutes({ bots, managed }: { bots: Bots; managed: (request: Request<{ slug: string }>) => Promise<RoomChannel> }): Router {
  const router = Router();
  router.get('/channels/:slug/bots', async (request, response) => {
    response.json({ bots: await bots.list((await managed(request)).id) });
  });
  router.post('/channels/:slug/bots', async (request, response) => {
    const channel = await managed(request);
    response.status(201).json(await bots.create(channel.id, parseBody(newBot, request)));
  });
  router.post('/channels/:slug/bots/:id/token', async (request, response) => {
    const channel = await managed(request);
    response.status(201).json({ token: await bots.rotate(channel.id, idOf(request)) });
  });
  router.delete('/channels/:slug/bots/:id', async (request, response) => {
    const channel = await managed(request);
    await bots.remove(channel.id, idOf(request));
    response.status(204).end();
  });
  return router;
}

/** What is not an id is the id of nothing. */
function idOf({ params: { id } }: Request<{ slug: string; id: string }>): string {
  if (!z.uuid().safeParse(id).success) throw new BotUnknown();
  return id;
}
