import type { LogEntry } from '../../api/archive-contract.js';
import { clock } from '../../words/time.js';
import { amount } from '../../words/winston.js';
import type { Timeline } from './timeline.js';

const ACTS: Record<string, string | undefined> = {
  admitted: 'took the show in',
  'turned-on': 'turned the archive on',
  'turned-off': 'turned the archive off',
  settings: 'changed the settings',
  vetoed: 'kept out',
  released: 'ended the wait',
  erased: 'destroyed the key',
  'key-exported': 'took the key out',
  signed: 'signed a transaction',
  forgotten: 'gave up a transaction that was never mined',
  proven: 'had back from another gateway what is in',
  stored: 'stored all of it',
  failed: 'could not go on',
  verify: 'had everything fetched back again',
  retried: 'tried again what had failed',
};

/** What somebody did, behind their name: `kept out 0:30 to 1:00: a phone number`. */
export function logWords({ action, detail }: LogEntry, timeline: Pick<Timeline, 'playedSec'>): string {
  const act = ACTS[action] ?? action;
  if (detail === '' || action === 'retried') return act;
  if (action === 'erased') return `${act}; ${detail.replace(/^ but /, '')}`;
  return action === 'vetoed' ? `${act} ${inClocks(detail, timeline)}` : `${act}: ${inAr(detail)}`;
}

/** Only what stands before the reason is ours to put in other words. */
function inClocks(detail: string, timeline: Pick<Timeline, 'playedSec'>): string {
  const [range = '', ...reason] = detail.split(': ');
  return [range.replace(/(\d+) ms/g, (_, ms: string) => clock(Math.round(timeline.playedSec(Number(ms))))), ...reason].join(': ');
}

function inAr(detail: string): string {
  return detail.replace(/, (\d+) winston$/, (_, winston: string) => `, ${amount(winston)}`);
}
