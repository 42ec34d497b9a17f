import type { Visibility } from '../api/contract.js';

/** What each choice is called, and who sees such a recording. */
export const VISIBILITY_WORDS: Record<Visibility, { label: string; hint: string }> = {
  public: { label: 'Public', hint: 'Everybody, and it is on the lists.' },
  unlisted: { label: 'Unlisted', hint: 'Whoever has the link.' },
  private: { label: 'Private', hint: 'Only you and the admins of this server.' },
};

export const VISIBILITIES: Visibility[] = ['public', 'unlisted', 'private'];
