import { Router } from 'express';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { AddressLimiter, parseBody } from '../../platform/index.js';
import type { ChannelCaller, Channels } from '../channels.js';
import type { Channel } from '../queries.js';
import type { ChannelPeople } from './people.js';

export interface PeopleRoutesOptions {
  channels: Channels;
  people: ChannelPeople;
  callers: {
    caller(request: Request): Promise<ChannelCaller>;
    findCaller(request: Request): Promise<ChannelCaller | undefined>;
  };
}

const role = z.strictObject({ role: z.enum(['moderator', 'vip'], 'must be moderator or vip') });
/** Who follows and unfollows in a loop. */
const FOLLOWS_PER_MIN = 30;

/** `/channels/:slug/follow` and `/channels/:slug/people`. Mounted at /api/v1. */
export function peopleRoutes(options: PeopleRoutesOptions): Router {
  const { channels, people, callers } = options;
  const attempts = new AddressLimiter({ attempts: FOLLOWS_PER_MIN, windowSec: 60 });
  const router = Router();
  const managed = async (request: Request<{ slug: string }>): Promise<Channel> => channels.getManaged(request.params.slug, await callers.caller(request));
  const sendFollow = async (response: Response, channelId: string, userId: string | undefined): Promise<void> => {
    const since = userId === undefined ? undefined : await people.followsSince(channelId, userId);
    response.json({ isFollowing: since !== undefined, ...(since === undefined ? {} : { since }), followers: await people.followers(channelId) });
  };
  router.get('/channels/:slug/follow', async (request, response) => {
    const { id } = await channels.get(request.params.slug);
    await sendFollow(response, id, (await callers.findCaller(request))?.id);
  });
  router.put('/channels/:slug/follow', async (request, response) => {
    const caller = await callers.caller(request);
    await attempts.take(request.ip);
    const { id } = await channels.get(request.params.slug);
    await people.follow(id, caller.id);
    await sendFollow(response, id, caller.id);
  });
  router.delete('/channels/:slug/follow', async (request, response) => {
    const caller = await callers.caller(request);
    await attempts.take(request.ip);
    const { id } = await channels.get(request.params.slug);
    await people.unfollow(id, caller.id);
    await sendFollow(response, id, caller.id);
  });
  router.get('/channels/:slug/people', async (request, response) => {
    response.json({ people: await people.list((await managed(request)).id) });
  });
  router.put('/channels/:slug/people/:username', async (request, response) => {
    const channel = await managed(request);
    await people.setRole(channel, request.params.username, parseBody(role, request).role);
    response.json({ people: await people.list(channel.id) });
  });
  router.delete('/channels/:slug/people/:username', async (request, response) => {
    const channel = await managed(request);
    await people.removeRole(channel, request.params.username);
    response.json({ people: await people.list(channel.id) });
  });
  return router;
}
