import type { Fault } from '../arweave/errors.js';

/** How far a bundle is. Each state's step leads to the next; `stored` is proven, `dead` waits for a person. */
export type BundleState = 'planned' | 'signed' | 'posting' | 'posted' | 'seeded' | 'confirmed' | 'stored' | 'dead';

/** What the step of a state came to. */
export type StepOutcome =
  | { kind: 'advanced'; postedTo?: string }
  /** It takes its time. */
  | { kind: 'waiting'; retryMs: number }
  /** It may not be sent yet: no budget, no wallet, a dry run. */
  | { kind: 'held'; reason: string; retryMs: number }
  /** Something that was there, or should be by now, is not: it is looked for a while, then posted again, as the same transaction. */
  | { kind: 'missing'; what: keyof typeof PATIENCE; error: string }
  /** The transaction is nowhere and can never be mined any more: another one may be signed. */
  | { kind: 'expired' }
  | { kind: 'failed'; fault: Fault; error: string; retryAfterMs?: number | undefined; hasProgress?: boolean; isPatient?: boolean };

export interface BundleProgress {
  state: BundleState;
  /** Steps in a row that failed. */
  attempts: number;
  /** How often it was posted again. */
  reposts: number;
}

/** What a step changes in the bundle's row. */
export interface BundlePatch extends BundleProgress {
  /** Where it goes on when somebody tries a dead one again. */
  failedState: BundleState | null;
  /** Null: as it is. */
  nextChunk: 0 | null;
  postedTo: string | null;
  /** Its transaction is forgotten. */
  isUnsigned: boolean;
  /** Receipts that were in doubt are void. */
  isLost: boolean;
  /** Null with an error: nobody's; the error is why it is held. */
  fault: Fault | null;
  error: string | null;
  /** Before the next step, ms. */
  delayMs: number;
}

export interface Pace {
  /** Before the second try, ms; twice as long each time. */
  baseMs: number;
  /** 0 to 1: not all come back at the same moment. */
  random: number;
}

const NEXT: Record<BundleState, BundleState> = {
  planned: 'signed', signed: 'posting', posting: 'posted', posted: 'seeded', seeded: 'confirmed', confirmed: 'stored', stored: 'stored', dead: 'dead',
};
/** Looks before something counts as lost. Gateways take up to hours to find the items of a bundle that is confirmed. */
const PATIENCE = { chunks: 6, transaction: 6, data: 10 };
const LOST: Record<keyof typeof PATIENCE, BundleState> = { chunks: 'posting', transaction: 'signed', data: 'posting' };
const MAX_REPOSTS = 3;
/** Failures in a row. A gateway may be away for a day; what a person has to mend should be seen soon. */
const MAX_ATTEMPTS: Record<Fault, number> = { remote: 30, operator: 5, bug: 3 };
/** Failures without progress after which another gateway gets the transaction, and its chunks from the first one on. */
export const GATEWAY_PATIENCE = 3;
const MAX_BACKOFF_MS = 3_600_000;

/** What becomes of a bundle after a step. */
export function nextBundle(bundle: BundleProgress, outcome: StepOutcome, pace: Pace): BundlePatch {
  const same: BundlePatch = { ...bundle, failedState: null, nextChunk: null, postedTo: null, isUnsigned: false, isLost: false, fault: null, error: null, delayMs: 0 };
  switch (outcome.kind) {
    case 'advanced': return advanced(same, outcome);
    case 'waiting': return { ...same, attempts: 0, delayMs: outcome.retryMs };
    case 'held': return { ...same, attempts: 0, error: outcome.reason, delayMs: outcome.retryMs };
    case 'missing': return missing(same, outcome, pace);
    case 'expired': return postedAgain(same, { state: 'planned', fault: 'remote', error: 'the transaction was never mined' }, pace);
    case 'failed': return failed(same, outcome, pace);
  }
}

/** Twice as long each time, up to an hour; three quarters to five quarters of it. @param attempts that failed */
export function backoffMs(attempts: number, { baseMs, random }: Pace): number {
  return Math.round(Math.min(baseMs * 2 ** (attempts - 1), MAX_BACKOFF_MS) * (0.75 + random / 2));
}

/** That a gateway took the header says nothing about its taking the chunks: failures go on being counted. */
function advanced(same: BundlePatch, { postedTo }: StepOutcome & { kind: 'advanced' }): BundlePatch {
  const isPosted = same.state === 'signed';
  return { ...same, state: NEXT[same.state], attempts: isPosted ? same.attempts : 0, postedTo: postedTo ?? null, nextChunk: isPosted ? 0 : null };
}

function missing(same: BundlePatch, { what, error }: StepOutcome & { kind: 'missing' }, pace: Pace): BundlePatch {
  const attempts = same.attempts + 1;
  if (attempts < PATIENCE[what]) return { ...same, attempts, fault: 'remote', error, delayMs: backoffMs(attempts, pace) };
  return postedAgain(same, { state: LOST[what], fault: 'remote', error }, pace);
}

function postedAgain(same: BundlePatch, to: { state: BundleState; fault: Fault; error: string }, pace: Pace): BundlePatch {
  const reposts = same.reposts + 1;
  if (reposts > MAX_REPOSTS) return { ...dead(same, to), isLost: true };
  return { ...same, ...to, attempts: 0, reposts, nextChunk: 0, isLost: true, isUnsigned: to.state === 'planned', delayMs: backoffMs(reposts, pace) };
}

function failed(same: BundlePatch, { fault, error, retryAfterMs = 0, hasProgress = false, isPatient = false }: StepOutcome & { kind: 'failed' }, pace: Pace): BundlePatch {
  const attempts = same.attempts - (hasProgress ? same.attempts % GATEWAY_PATIENCE : 0) + 1;
  if (attempts >= MAX_ATTEMPTS[isPatient ? 'remote' : fault]) return dead({ ...same, attempts }, { fault, error });
  const delayMs = Math.max(retryAfterMs, backoffMs(attempts, pace));
  const isElsewhere = fault === 'remote' && attempts % GATEWAY_PATIENCE === 0 && (same.state === 'posting' || same.state === 'posted');
  return { ...same, attempts, fault, error, delayMs, ...(isElsewhere ? { state: 'signed', nextChunk: 0 } : {}) };
}

function dead(same: BundlePatch, { fault, error }: { fault: Fault; error: string }): BundlePatch {
  return { ...same, state: 'dead', failedState: same.state, fault, error };
}
