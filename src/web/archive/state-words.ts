import type { ArchivedFile, ArchiveState, Fault, FileState, Pin, Tier, WalletState } from '../api/archive-contract.js';

/** Of a file, from what is most in need of somebody to what is done: where two share a pixel, the earlier one is seen. */
export const FILE_STATES = ['failed', 'held', 'vetoed', 'too-long', 'planned', 'posting', 'posted', 'confirmed', 'stored'] as const satisfies readonly FileState[];

/** What a colour of the bars means, and what it is of. */
export const FILE_WORDS: Record<FileState, { label: string; hint: string }> = {
  planned: { label: 'Waits', hint: 'Its turn has not come.' },
  held: { label: 'On hold', hint: 'It waits until the show cannot be stopped any more, for money, or for the person who runs this server.' },
  posting: { label: 'On its way', hint: 'It is being sent.' },
  posted: { label: 'Sent', hint: 'Not in a block yet.' },
  confirmed: { label: 'Confirmed', hint: 'In a block, and not fetched back yet.' },
  stored: { label: 'Stored', hint: 'Fetched back from another gateway, and the same bytes.' },
  failed: { label: 'Failed', hint: 'It is not tried again by itself.' },
  vetoed: { label: 'Left out', hint: 'Somebody kept it out of the archive.' },
  'too-long': { label: 'Too long', hint: 'It does not fit into one transaction, and is left out.' },
};

/** Whether somebody who goes to its address may find it there; what is signed has one before it is sent. */
export function isSent({ state }: Pick<ArchivedFile, 'state'>): boolean {
  return state === 'posted' || state === 'confirmed' || state === 'stored';
}

type Level = 'ok' | 'info' | 'warn' | 'error';

interface StandingWords {
  label: string;
  level: Level;
  text: string;
}

export const ARCHIVE_WORDS: Record<ArchiveState, StandingWords> = {
  off: { label: 'Not in the archive', level: 'info', text: 'Nothing of this show was sent to permanent storage.' },
  holding: { label: 'Can still be stopped', level: 'info', text: 'Nothing was sent yet.' },
  queued: { label: 'Waits for its turn', level: 'info', text: 'It is sent as soon as what is before it is done.' },
  storing: { label: 'Being stored', level: 'info', text: 'It goes on by itself. Nothing is charged twice, whatever happens in between.' },
  held: { label: 'Held back', level: 'warn', text: 'It goes on by itself when what it waits for is there.' },
  vetoed: { label: 'Kept out', level: 'info', text: 'Nothing of this show was sent, and nothing will be.' },
  erased: { label: 'Erased', level: 'info', text: 'Its key is destroyed: what was stored cannot be read by anybody any more.' },
  stored: { label: 'Stored permanently', level: 'ok', text: 'All of it was fetched back from another gateway, and is the same bytes.' },
  failed: { label: 'Failed', level: 'error', text: 'Some of it could not be stored. What failed is below.' },
};

/** Of a show whose files are all on Arweave, while the proof is made. */
export const CHECKED_WORDS: StandingWords = {
  label: 'Being checked', level: 'info', text: 'All of it is on Arweave. It counts as stored when it was fetched back from another gateway.',
};

/** Of a show that was kept out when a part of it was on Arweave already. */
export const CUT_SHORT_WORDS: StandingWords = {
  label: 'Kept out', level: 'info', text: 'Nothing more of this show is sent. What was sent before stays.',
};

export const TIER_WORDS: Record<Tier, { label: string; hint: string }> = {
  manifest: { label: 'The signed manifest', hint: 'A few kilobytes: what the show was, so that any copy of it can be checked. No picture, no sound.' },
  'audio+360p': { label: 'Sound and a small picture', hint: 'Plays for good, in 360p or the nearest there is.' },
  all: { label: 'Every quality', hint: 'Plays for good as it was. Costs the most.' },
};

/** Who can put right what failed. */
export const FAULT_WORDS: Record<Fault, { label: string; hint: string }> = {
  operator: { label: 'For the person who runs this server', hint: 'Something here has to be put right before it can work.' },
  remote: { label: 'Another server’s fault', hint: 'A gateway or node failed. Later may be better.' },
  bug: { label: 'Tidemark’s fault', hint: 'This should not happen: please report it.' },
};

/** What was being done when it failed; what is not here is said as the server calls it. */
export const STEP_WORDS: Record<string, string | undefined> = {
  planned: 'signing the transaction',
  signed: 'sending the transaction',
  posting: 'sending the data',
  posted: 'looking for the data on the gateway',
  seeded: 'waiting for blocks',
  confirmed: 'fetching it back',
};

export const PIN_WORDS: Record<Pin['state'], { label: string; level: Level }> = {
  waiting: { label: 'waits', level: 'info' },
  pinning: { label: 'being pinned', level: 'info' },
  pinned: { label: 'pinned', level: 'ok' },
  failed: { label: 'failed', level: 'error' },
};

export const NODE_KINDS: Record<Pin['kind'], string> = { kubo: 'IPFS node', 'pinning-service': 'Pinning service' };

export const WALLET_WORDS: Record<WalletState['state'], { label: string; level: Level }> = {
  ok: { label: 'can pay', level: 'ok' },
  low: { label: 'low', level: 'warn' },
  empty: { label: 'empty', level: 'error' },
  quarantined: { label: 'set aside', level: 'warn' },
  unusable: { label: 'cannot be used', level: 'error' },
};
