import type { Visibility } from '../api/contract.js';

/** What each choice is called, and who sees such a recording. */
export const VISIBILITY_WORDS: Record<Visibility, { label: string; hint: string }> = {
  public: { label: 'Public', hint: 'Everybody, and it is on the lists.' },
  unlisted: { label: 'Unlisted', hint: 'Whoever has the link.' },
  private: { label: 'Private', hint: 'Only you and the admins of this server.' },
};

const VISIBILITIES: Visibility[] = ['public', 'unlisted', 'private'];

/** Who may watch. */
export function VisibilityChoice({ visibility, onVisibility, legend = 'Who can watch' }: {
  visibility: Visibility; onVisibility: (visibility: Visibility) => void; legend?: string;
}) {
  return (
    <fieldset className="choices">
      <legend>{legend}</legend>
      {VISIBILITIES.map((value) => (
        <label key={value} className="choice">
          <input type="radio" name="visibility" value={value} checked={visibility === value} onChange={() => onVisibility(value)} />
          <span><b>{VISIBILITY_WORDS[value].label}</b><span className="soft">{VISIBILITY_WORDS[value].hint}</span></span>
        </label>
      ))}
    </fieldset>
  );
}
