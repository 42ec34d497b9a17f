import type { RequestHandler } from 'express';
import { messageOf, withDeadline } from '../platform/index.js';

const CHECK_DEADLINE_MS = 3_000;

/** `GET /health`: 200 when every needed part works, else 503; each check by name. */
export function healthRoute(options: { checks: Record<string, () => Promise<void>> }): RequestHandler {
  return async (_request, response) => {
    const results = await Promise.all(Object.entries(options.checks).map(async ([name, check]) => [name, await outcome(check)] as const));
    const isOk = results.every(([, result]) => result.status === 'ok');
    response.status(isOk ? 200 : 503).set('Cache-Control', 'no-store').json({ status: isOk ? 'ok' : 'failing', checks: Object.fromEntries(results) });
  };
}

async function outcome(check: () => Promise<void>): Promise<{ status: 'ok' | 'failing'; reason?: string }> {
  try {
    await withDeadline(check(), CHECK_DEADLINE_MS);
    return { status: 'ok' };
  } catch (error) {
    return { status: 'failing', reason: messageOf(error) };
  }
}
