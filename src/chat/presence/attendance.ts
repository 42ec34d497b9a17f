import { z } from 'zod';
import type { Chatter, ChatRole } from '../events.js';
import { compareRoles } from '../people/standing.js';
import type { Connection } from '../socket/connection.js';

const ROLES = ['admin', 'owner', 'moderator', 'vip', 'follower', 'viewer'] as const satisfies readonly ChatRole[];
/** Names of one room that one server tells the others. */
const MAX_NAMES = 500;

/** Who is in a room, as far as one server knows. */
export interface Attendance {
  /** By account: somebody with several windows is one. */
  chatters: Map<string, Chatter>;
  /** Connections without an account. */
  readers: number;
}

/** One server's part of a room. */
export const part = z.object({
  viewers: z.int().min(0),
  readers: z.int().min(0),
  /** Accounts, of which `names` has some. */
  chatters: z.int().min(0),
  names: z.array(z.tuple([z.uuid(), z.string().max(30), z.enum(ROLES)])).max(MAX_NAMES),
});
export type Part = z.infer<typeof part>;

export const NOBODY: Attendance = { chatters: new Map(), readers: 0 };

export function attendanceOf(connections: Connection[], channelId: string): Attendance {
  const attendance: Attendance = { chatters: new Map(), readers: 0 };
  for (const { seats, user } of connections) {
    const role = seats.get(channelId)?.role;
    if (user === undefined || role === undefined || role === 'reader') attendance.readers++;
    else attendance.chatters.set(user.id, { username: user.username, role });
  }
  return attendance;
}

export function sizeOf({ chatters, readers }: Attendance): number {
  return chatters.size + readers;
}

/** Who is in `now` and was not in `before`. @param elsewhere parts of other servers: who is there too has not come, nor gone */
export function newcomers(before: Attendance, now: Attendance, elsewhere: Part[]): { count: number; chatters: Chatter[] } {
  const known = new Set([...before.chatters.keys(), ...elsewhere.flatMap(({ names }) => names.map(([id]) => id))]);
  const chatters = [...now.chatters].filter(([id]) => !known.has(id)).map(([, chatter]) => chatter);
  return { count: chatters.length + Math.max(0, now.readers - before.readers), chatters };
}

export function partOf({ chatters, readers }: Attendance, viewers: number): Part {
  const names = [...chatters].slice(0, MAX_NAMES).flatMap(([id, { username, role }]): Part['names'] => (role === 'reader' ? [] : [[id, username, role]]));
  return { viewers, readers, chatters: chatters.size, names };
}

/** Everybody, the highest role first. @param parts of other servers */
export function together(own: Attendance, parts: Part[]): { chatters: Chatter[]; readers: number } {
  const chatters = new Map(own.chatters);
  for (const { names } of parts) for (const [id, username, role] of names) chatters.set(id, { username, role });
  const sorted = [...chatters.values()].sort((a, b) => compareRoles(b.role, a.role) || a.username.localeCompare(b.username));
  return { chatters: sorted, readers: parts.reduce((sum, { readers }) => sum + readers, own.readers) };
}
