import type { ChatRole, SanctionKind, You } from '../events.js';

/** A sanction that is in force. */
export interface ActiveSanction {
  kind: SanctionKind;
  reason: string;
  createdAt: Date;
  /** Null: for ever. */
  until: Date | null;
  /** Whose it is: that of this account, or of another one that used this device. */
  isOwn: boolean;
}

/** Who somebody is in a room, and what stands against them. */
export interface Standing {
  user: { id: string; username: string };
  role: Exclude<ChatRole, 'reader'>;
  tier: number | undefined;
  followsSince: Date | undefined;
  sanctions: ActiveSanction[];
  /** The account is younger than the ban of somebody who wrote from the same address, and few others do. */
  isSuspect: boolean;
  /** A program of the owner's. */
  isBot?: boolean;
}

/** What a role follows from. */
export interface Grounds {
  userId: string;
  isAdmin: boolean;
  ownerId: string;
  granted: 'moderator' | 'vip' | null;
  followsSince: Date | null;
}

const RANKS: Record<ChatRole, number> = { admin: 6, owner: 5, moderator: 4, vip: 3, follower: 2, viewer: 1, reader: 0 };
const DAY_MS = 86_400_000;
/** Days of following from which on a follower has the second and the third tier. */
const TIER_DAYS = [30, 180];

export function roleOf({ userId, isAdmin, ownerId, granted, followsSince }: Grounds): Exclude<ChatRole, 'reader'> {
  if (userId === ownerId) return 'owner';
  if (isAdmin) return 'admin';
  if (granted !== null) return granted;
  return followsSince === null ? 'viewer' : 'follower';
}

/** 1 for who just followed, 3 at most. */
export function tierOf(followsSince: Date, now: Date): number {
  const days = (now.getTime() - followsSince.getTime()) / DAY_MS;
  return 1 + TIER_DAYS.filter((from) => days >= from).length;
}

export function isModerator(role: ChatRole): boolean {
  return RANKS[role] >= RANKS.moderator;
}

/** Modes do not bind them. */
export function isTrusted(role: ChatRole): boolean {
  return RANKS[role] >= RANKS.vip;
}

/** For sorting, the lowest first. */
export function compareRoles(a: ChatRole, b: ChatRole): number {
  return RANKS[a] - RANKS[b];
}

/** Nobody acts on who stands as high as themselves. */
export function outranks(actor: ChatRole, target: ChatRole): boolean {
  return RANKS[actor] > RANKS[target];
}

/** What somebody is told of their own standing. That they are muted is not. */
export function youOf(standing: Standing | undefined): You {
  if (standing === undefined) return { role: 'reader' };
  const { user, role, tier, followsSince } = standing;
  const sanction = tellable(standing);
  return {
    user,
    role,
    ...(tier === undefined ? {} : { tier }),
    ...(followsSince === undefined ? {} : { followsSince: followsSince.toISOString() }),
    ...(sanction === undefined ? {} : { sanction }),
  };
}

function tellable({ sanctions }: Standing): You['sanction'] {
  for (const kind of ['ban', 'timeout', 'warning'] as const) {
    const found = sanctions.find((sanction) => sanction.kind === kind);
    if (found !== undefined) return { kind, reason: found.isOwn ? found.reason : '', ...(found.until === null ? {} : { until: found.until.toISOString() }) };
  }
  return undefined;
}
