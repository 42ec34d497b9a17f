import { Router } from 'express';
import type { Request } from 'express';
import { z } from 'zod';
import { Limiter, parseBody } from '../../platform/index.js';
import { WebhookUnknown } from '../errors.js';
import type { RoomChannel } from '../socket/connection.js';
import { WEBHOOK_EVENTS } from './queries.js';
import type { Webhooks } from './webhooks.js';

const url = z.string().trim();
const events = z.array(z.enum(WEBHOOK_EVENTS)).min(1, 'must have one at least').max(WEBHOOK_EVENTS.length).transform((list) => [...new Set(list)]);
const newHook = z.strictObject({ url, events });
const changes = z.strictObject({ url: url.optional(), events: events.optional(), isEnabled: z.literal(true, 'can only be switched on: delete it to end it').optional() });
/** Each is a request to somebody else. */
const TESTS_PER_MIN = 10;

/** `/channels/:slug/webhooks`, for the owner. */
export function webhookRoutes({ webhooks, managed }: { webhooks: Webhooks; managed: (request: Request<{ slug: string }>) => Promise<RoomChannel> }): Router {
  const tests = new Limiter({ attempts: TESTS_PER_MIN, windowSec: 60 });
  const router = Router();
  router.get('/channels/:slug/webhooks', async (request, response) => {
    response.json({ webhooks: await webhooks.list((await managed(request)).id) });
  });
  router.post('/channels/:slug/webhooks', async (request, response) => {
    const channel = await managed(request);
    response.status(201).json(await webhooks.create(channel.id, parseBody(newHook, request)));
  });
  router.patch('/channels/:slug/webhooks/:id', async (request, response) => {
    const channel = await managed(request);
    response.json({ webhook: await webhooks.update(channel.id, idOf(request), parseBody(changes, request)) });
  });
  router.delete('/channels/:slug/webhooks/:id', async (request, response) => {
    const channel = await managed(request);
    await webhooks.remove(channel.id, idOf(request));
    response.status(204).end();
  });
  router.get('/channels/:slug/webhooks/:id/deliveries', async (request, response) => {
    const channel = await managed(request);
    response.json({ deliveries: await webhooks.deliveries(channel.id, idOf(request)) });
  });
  router.post('/channels/:slug/webhooks/:id/test', async (request, response) => {
    const channel = await managed(request);
    await tests.take(channel.id);
    response.json(await webhooks.test(channel, idOf(request)));
  });
  return router;
}

/** What is not an id is the id of nothing. */
function idOf({ params: { id } }: Request<{ slug: string; id: string }>): string {
  if (!z.uuid().safeParse(id).success) throw new WebhookUnknown();
  return id;
}
