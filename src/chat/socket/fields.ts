import { z } from 'zod';

/** Fields that payloads have in common. */
export const channel = z.string().regex(/^[a-z0-9_-]{1,30}$/i, 'must be the name of a channel');
export const username = z.string().regex(/^@?[a-z0-9_-]{1,30}$/i, 'must be a user name').transform((name) => name.replace(/^@/, '').toLowerCase());
export const uuid = z.uuid('must be an id');
export const seq = z.int('must be a whole number').min(0).max(2_147_483_647);
/** Postgres takes no NUL, and no page shows the others. */
export const reason = z.string().trim().max(300, 'must have at most 300 characters').regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be plain text in one line');
export const givenReason = reason.min(1, 'must not be empty');
