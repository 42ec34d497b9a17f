import type { Advice, ChannelHealth } from '../api/contract.js';

/** Whether viewers can watch in real time, and if not with the picture that is sent, why; empty while nobody knows. */
export function adviseRealTime({ realTime, ladder }: Pick<ChannelHealth, 'realTime' | 'ladder'>): Advice[] {
  if (realTime === undefined) return [];
  const { possible, note } = realTime;
  if (!possible) return note === undefined ? [] : [{ code: 'no_real_time', level: 'info', message: `Real time: no, because ${ended(note)}` }];
  if (note === undefined) return [{ code: 'real_time', level: 'ok', message: 'Real time: yes, viewers can watch well below a second behind you.' }];
  const rungs = (ladder?.renditions ?? []).filter(({ origin, kind }) => origin === 'encoded' && kind === 'video');
  const rung = rungs.length === 1 && rungs[0] ? `the ${rungs[0].name} rung` : 'an encoded rung';
  return [{ code: 'real_time_by_rung', level: 'info', message: `Real time: ${rung} in place of your picture, because ${ended(note)}` }];
}

function ended(halfSentence: string): string {
  return halfSentence.endsWith('.') ? halfSentence : `${halfSentence}.`;
}
