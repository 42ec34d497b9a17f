import { useState } from 'react';
import type { ArchiveSettings, ArchiveSettingsChange } from '../../api/archive-contract.js';
import { useApi } from '../../api/context.js';
import { asSentence } from '../../api/problem.js';
import { Confirm } from '../../controls/confirm.js';
import { Notice } from '../../controls/notice.js';
import { useChange } from '../../controls/use-change.js';
import { ago } from '../../words/time.js';
import { ArchiveChoices } from './archive-choices.js';

/** Whether shows go into the archive, and how. */
export function Consent({ slug, settings, onChanged }: { slug: string; settings: ArchiveSettings; onChanged: (settings: ArchiveSettings) => void }) {
  const api = useApi();
  const { isBusy, error, change } = useChange();
  const save = (wanted: ArchiveSettingsChange) => change(async () => onChanged(await api.archive.changeSettings(slug, wanted)));
  return (
    <section className="panel" aria-labelledby="consent-title" aria-busy={isBusy} data-state={settings.isOn ? 'on' : 'off'}>
      <h2 id="consent-title">Store my shows permanently</h2>
      <Standing settings={settings} />
      {settings.problem !== null && <Notice level="warn">Nothing can be stored now, and what is to be stored waits: {asSentence(settings.problem)}</Notice>}
      {error !== undefined && <Notice level="error">{error}</Notice>}
      <ArchiveChoices key={`${settings.tier} ${settings.isEncrypted} ${settings.holdHours} ${settings.withChat}`} slug={slug} settings={settings} isBusy={isBusy} onSave={save} />
      {settings.isOn && <TurnOff onOff={async () => onChanged(await api.archive.changeSettings(slug, { isOn: false }))} />}
    </section>
  );
}

function Standing({ settings: { isOn, turnedOnAt, turnedOnBy } }: { settings: ArchiveSettings }) {
  if (!isOn) return <p>It is <b>off</b>: nothing of your shows leaves this server. What was stored before stays.</p>;
  const act = turnedOnAt === null ? '' : ` ${turnedOnBy ?? 'Somebody'} turned it on ${ago(turnedOnAt, Date.now())}.`;
  return <Notice level="ok">It is <b>on</b>: shows are stored when they are over.{act}</Notice>;
}

/** Shows that wait for their turn are lost to the archive with it. */
function TurnOff({ onOff }: { onOff: () => Promise<void> }) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <button type="button" className="button danger archive-off" onClick={() => setAsking(true)}>Turn off</button>
      {isAsking && (
        <Confirm title="Turn the archive off?" text="Shows that are not stored yet are kept out for good, even if you turn it on again. What was sent before stays."
          action="Turn off" onConfirm={onOff} onClose={() => setAsking(false)} />
      )}
    </>
  );
}
