import { useId, useState, type FormEvent } from 'react';
import type { ArchiveSettings, ArchiveSettingsChange, Tier } from '../../api/archive-contract.js';
import { TIER_WORDS } from '../state-words.js';
import { TypedName } from '../typed-name.js';
import { holdWords } from './hold-words.js';

const TIERS: Tier[] = ['manifest', 'audio+360p', 'all'];
const TURN_ON = { does: 'turn it on', action: 'Turn on' };
const WIDER = { does: 'store more, or sooner', action: 'Save' };
const HOLDS_HOURS = [1, 6, 24, 72, 168];

/** How shows are stored. What is chosen while the archive is off counts with the name that turns it on. */
export function ArchiveChoices({ slug, settings, isBusy, onSave }: { slug: string; settings: ArchiveSettings; isBusy: boolean; onSave: (change: ArchiveSettingsChange) => Promise<boolean> }) {
  const [tier, setTier] = useState(settings.tier);
  const [isEncrypted, setEncrypted] = useState(settings.isEncrypted);
  const [holdHours, setHoldHours] = useState(settings.holdHours);
  const [withChat, setWithChat] = useState(settings.withChat);
  const wanted = { tier, isEncrypted, holdHours, withChat };
  const isChanged = tier !== settings.tier || isEncrypted !== settings.isEncrypted || holdHours !== settings.holdHours || withChat !== settings.withChat;
  const needsName = !settings.isOn || isWider(wanted, settings);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void onSave(wanted);
  };
  return (
    <>
      <form className="archive-choices" onSubmit={onSubmit}>
        <TierChoice tier={tier} onTier={setTier} />
        <fieldset className="choices">
          <legend>The chat</legend>
          <label className="choice">
            <input type="checkbox" name="withChat" checked={withChat} onChange={({ target }) => setWithChat(target.checked)} />
            <span><b>Store what was said, too</b><span className="soft">As it is when the show ends: what is deleted later stays in it.</span></span>
          </label>
        </fieldset>
        <fieldset className="choices">
          <legend>Who can read it</legend>
          <label className="choice">
            <input type="checkbox" name="isEncrypted" checked={isEncrypted} onChange={({ target }) => setEncrypted(target.checked)} />
            <span><b>Encrypt it, so that it can be erased</b><span className="soft">This server keeps the key. Without it, nobody can watch what is stored; when it is destroyed, nobody ever will.</span></span>
          </label>
        </fieldset>
        <HoldChoice holdHours={holdHours} onHoldHours={setHoldHours} />
        <p className="field-hint">Counts for shows that end from now on.</p>
        {!needsName && <button type="submit" className="button" disabled={isBusy || !isChanged}>Save</button>}
      </form>
      {needsName && (
        <TypedName slug={slug} {...(settings.isOn ? WIDER : TURN_ON)} hint="The name of your channel: nobody can take back what was stored." isBusy={isBusy}
          onTyped={(confirm) => void onSave({ ...wanted, isOn: true, confirm })} />
      )}
    </>
  );
}

/** Whether more is stored than before, for more eyes, or sooner. */
function isWider(wanted: Pick<ArchiveSettings, 'tier' | 'isEncrypted' | 'holdHours' | 'withChat'>, before: ArchiveSettings): boolean {
  return TIERS.indexOf(wanted.tier) > TIERS.indexOf(before.tier) || (before.isEncrypted && !wanted.isEncrypted) || wanted.holdHours < before.holdHours || (wanted.withChat && !before.withChat);
}

function TierChoice({ tier, onTier }: { tier: Tier; onTier: (tier: Tier) => void }) {
  return (
    <fieldset className="choices">
      <legend>What is stored of a show</legend>
      {TIERS.map((value) => (
        <label key={value} className="choice">
          <input type="radio" name="tier" value={value} checked={tier === value} onChange={() => onTier(value)} />
          <span><b>{TIER_WORDS[value].label}</b><span className="soft">{TIER_WORDS[value].hint}</span></span>
        </label>
      ))}
    </fieldset>
  );
}

function HoldChoice({ holdHours, onHoldHours }: { holdHours: number; onHoldHours: (hours: number) => void }) {
  const id = useId();
  // Whatever was set elsewhere stays on the list.
  const choices = [...new Set([...HOLDS_HOURS, holdHours])].toSorted((a, b) => a - b);
  return (
    <div className="field">
      <label htmlFor={id}>A show can be stopped for</label>
      <select id={id} name="holdHours" value={holdHours} onChange={({ target }) => onHoldHours(Number(target.value))}>
        {choices.map((hours) => <option key={hours} value={hours}>{holdWords(hours)}</option>)}
      </select>
    </div>
  );
}
