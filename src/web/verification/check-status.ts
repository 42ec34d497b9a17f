import { count } from '../words/figures.js';

/** What a checked playback has seen so far. */
export interface CheckStatus {
  /** Whether the manifest is here, or it is known that there is none. */
  isLoaded: boolean;
  /** `did:key` of who signed; undefined while nobody has. */
  key: string | undefined;
  /** Files whose bytes are what was signed. */
  verified: number;
  /** Played before their signature came, and not signed yet. */
  waiting: number;
  /** Answers with wrong bytes, which were thrown away. */
  refused: number;
  /** What was right elsewhere. */
  recovered: { name: string; from: string }[];
  /** Played before their signature came, which was another one. */
  playedWrong: number;
  /** Why the manifest itself is not true. */
  problem: string | undefined;
}

export const NOTHING_CHECKED: CheckStatus = { isLoaded: false, key: undefined, verified: 0, waiting: 0, refused: 0, recovered: [], playedWrong: 0, problem: undefined };

/** What is amiss with what is on the screen: not signed yet, or a file is missing that nobody has right. */
export type Amiss = 'unsigned' | { failed: string } | undefined;

export type MarkName = 'off' | 'unavailable' | 'checking' | 'verified' | 'unsigned' | 'recovered' | 'refused';

/** What the player's mark shows. */
export interface Mark {
  name: MarkName;
  /** Beside the shield. */
  label: string;
  /** A sentence on it. */
  words: string;
}

export const OFF: Mark = { name: 'off', label: 'Not checked', words: 'What you watch is not compared with what the streamer’s server signed.' };
export const UNAVAILABLE: Mark = { name: 'unavailable', label: 'Cannot check', words: 'This browser cannot check signatures here. It takes a page over HTTPS, and a browser with Ed25519 and Media Source Extensions.' };

export function markOf(status: CheckStatus, amiss: Amiss): Mark {
  const { isLoaded, key, verified, refused, recovered, playedWrong, problem } = status;
  if (problem !== undefined) return { name: 'refused', label: 'Not true', words: `Nothing plays: ${problem}.` };
  if (typeof amiss === 'object') return { name: 'refused', label: 'Refused', words: `${amiss.failed} is not what was signed, and no source has what was. It is tried again.` };
  if (playedWrong > 0) return { name: 'refused', label: 'Not as signed', words: `${count(playedWrong, 'segment')} that you saw turned out not to be what was signed.` };
  if (!isLoaded) return { name: 'checking', label: 'Checking', words: 'The signed manifest is on its way.' };
  if (key === undefined) return { name: 'unsigned', label: 'Not signed', words: 'Nobody has signed this, so there is nothing to compare it with.' };
  if (amiss === 'unsigned') return { name: 'unsigned', label: 'Not signed yet', words: 'What you see is seconds old. It is compared as soon as it is signed, every ten seconds or so.' };
  if (verified === 0) return { name: 'checking', label: 'Checking', words: 'The first segment is on its way.' };
  if (recovered.length > 0) return { name: 'recovered', label: 'Verified', words: `What you see is what was signed. ${count(refused, 'wrong answer')} refused; the right bytes came from elsewhere.` };
  return { name: 'verified', label: 'Verified', words: 'Every byte that you see is what was signed.' };
}

/** Where the right bytes came from, the most helpful first. */
export function rescuers({ recovered }: CheckStatus): { from: string; files: number }[] {
  const counts = new Map<string, number>();
  for (const { from } of recovered) counts.set(from, (counts.get(from) ?? 0) + 1);
  return [...counts].map(([from, files]) => ({ from, files })).sort((a, b) => b.files - a.files);
}
