import type { Veto } from '../../api/archive-contract.js';
import { clock } from '../../words/time.js';
import type { Range } from '../bar/bar-layout.js';
import type { Timeline } from '../show/timeline.js';

/** A range with one end moved, never shorter than a second: the other end gives way. */
export function rangeMoved(range: Range, end: 'fromSec' | 'toSec', sec: number, endSec: number): Range {
  if (end === 'fromSec') {
    const fromSec = Math.min(sec, endSec - 1);
    return { fromSec, toSec: Math.max(range.toSec, fromSec + 1) };
  }
  const toSec = Math.max(sec, 1);
  return { fromSec: Math.min(range.fromSec, toSec - 1), toSec };
}

/** `0:30 to 1:00`, `the beginning to 1:00`, `the whole show`. */
export function vetoWords({ fromMs, toMs }: Pick<Veto, 'fromMs' | 'toMs'>, timeline: Pick<Timeline, 'playedSec'>): string {
  if (fromMs === null && toMs === null) return 'the whole show';
  const [from, to] = [fromMs, toMs].map((ms) => (ms === null ? undefined : clock(Math.round(timeline.playedSec(ms)))));
  return `${from ?? 'the beginning'} to ${to ?? 'the end'}`;
}
