import type { RequestHandler } from 'express';
import { messageOf, withDeadline } from '../platform/index.js';

const CHECK_DEADLINE_MS = 3_000;

interface Outcome {
  status: 'ok' | 'failing' | 'off';
  reason?: string;
}

export interface HealthRouteOptions {
  checks: Record<string, () => Promise<void>>;
  /** Parts that the server does without: each tells what is wrong with it, if something is. */
  optional: Record<string, () => string | undefined>;
}

/** `GET /health`: 200 when every needed part works, else 503; each check by name, and what is off. */
export function healthRoute(options: HealthRouteOptions): RequestHandler {
  return async (_request, response) => {
    const results = await Promise.all(Object.entries(options.checks).map(async ([name, check]) => [name, await outcome(check)] as const));
    const isOk = results.every(([, result]) => result.status === 'ok');
    const optional = Object.entries(options.optional).map(([name, problem]) => [name, outcomeOf(problem())] as const);
    response.status(isOk ? 200 : 503).set('Cache-Control', 'no-store').json({ status: isOk ? 'ok' : 'failing', checks: Object.fromEntries([...results, ...optional]) });
  };
}

async function outcome(check: () => Promise<void>): Promise<Outcome> {
  try {
    await withDeadline(check(), CHECK_DEADLINE_MS);
    return { status: 'ok' };
  } catch (error) {
    return { status: 'failing', reason: messageOf(error) };
  }
}

function outcomeOf(problem: string | undefined): Outcome {
  return problem === undefined ? { status: 'ok' } : { status: 'off', reason: problem };
}
