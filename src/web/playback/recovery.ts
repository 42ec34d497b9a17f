import type { TroubleKind } from './engine.js';

/** Whether more media is to be expected: only then is a silence a fault of ours. */
export type Supply = 'flowing' | 'interrupted' | 'finished';

export interface RecoveryStep {
  action: 'resume' | 'recover' | 'rebuild';
  /** Pause before it, milliseconds. */
  afterMs: number;
}

const LONGEST_PAUSE_MS = 8_000;
/** A codec changes only when the streamer does something. */
const CODEC_PAUSE_MS = 10_000;

/**
 * What to do about trouble, gentlest first; playback is never given up, so no viewer has to reload.
 * `attempt` counts from 0 and starts over once playback has run well again.
 */
export function recoveryStep(trouble: { kind: TroubleKind; attempt: number; hasStarted: boolean }): RecoveryStep {
  const { kind, attempt, hasStarted } = trouble;
  if (kind === 'codec') return { action: 'rebuild', afterMs: CODEC_PAUSE_MS };
  if (kind === 'media' && attempt === 0) return { action: 'recover', afterMs: 0 };
  // What is buffered goes on playing while the network comes back; before the first picture there is nothing to keep.
  if (kind === 'network' && hasStarted && attempt < 3) return { action: 'resume', afterMs: pauseMs(attempt) };
  return { action: 'rebuild', afterMs: pauseMs(attempt) };
}

function pauseMs(attempt: number): number {
  return Math.min(LONGEST_PAUSE_MS, 500 * 2 ** attempt);
}
