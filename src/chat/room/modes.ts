import { z } from 'zod';
import type { ChatModes } from '../events.js';

/** What the raid shield asks of who writes, whatever else is set. */
const SHIELD = { slowSec: 30, followersOnlyMin: 10 };
export const SHIELD_SEC = 600;

export const modesSchema = z.strictObject({
  slowSec: z.int('must be whole seconds').min(0).max(3_600, 'must be an hour at most'),
  followersOnlyMin: z.int('must be whole minutes').min(-1).max(525_600, 'must be a year at most'),
  isEmoteOnly: z.boolean(),
  isUniqueChat: z.boolean(),
  delaySec: z.int('must be whole seconds').min(0).max(30, 'must be 30 seconds at most'),
  links: z.enum(['everyone', 'moderators', 'nobody']),
  isMembersOnly: z.boolean(),
}).partial();

/** What counts now: the modes, made stricter while the shield is up. */
export function effectiveModes(room: { modes: ChatModes; shieldUntil: Date | null }, now: Date): ChatModes {
  const { modes, shieldUntil } = room;
  if (shieldUntil === null || shieldUntil <= now) return modes;
  return {
    ...modes,
    slowSec: Math.max(modes.slowSec, SHIELD.slowSec),
    followersOnlyMin: Math.max(modes.followersOnlyMin, SHIELD.followersOnlyMin),
    links: modes.links === 'everyone' ? 'moderators' : modes.links,
  };
}
