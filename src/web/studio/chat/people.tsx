import { useCallback, useState, type FormEvent } from 'react';
import type { ChannelPerson, ChatSettingsApi } from '../../api/chat-settings.js';
import { usePolled } from '../../api/poll.js';
import { plainWords } from '../../api/problem.js';
import { Field } from '../../controls/field.js';
import { Notice } from '../../controls/notice.js';
import { ago } from '../../words/time.js';
import { useChange } from '../../controls/use-change.js';

const ROLES: [ChannelPerson['role'], string][] = [['moderator', 'Moderator'], ['vip', 'VIP']];

/** Who helps in the chat, and who is a guest of honour there. */
export function People({ api }: { api: ChatSettingsApi }) {
  const { value: people, error: loadError, replace } = usePolled(useCallback((signal) => api.people(signal), [api]), { everyMs: 0 });
  const { isBusy, error, change } = useChange();

  return (
    <section className="panel" aria-labelledby="people-title" aria-busy={isBusy}>
      <h2 id="people-title">Moderators and VIPs</h2>
      <p className="soft">Moderators delete messages, time out and ban. VIPs write whatever modes are on.</p>
      {loadError !== undefined && <Notice level="error">{plainWords(loadError)}</Notice>}
      {people && people.length > 0 && (
        <ul className="keys">
          {people.map(({ id, username, role, since }) => (
            <li key={id} className="key">
              <div>
                <p className="key-label">{username}</p>
                <p className="soft">{role === 'vip' ? 'VIP' : 'Moderator'}, {ago(since, Date.now())}</p>
              </div>
              <button type="button" className="button" disabled={isBusy} aria-label={`Remove ${username}`}
                onClick={() => void change(async () => replace(await api.removeRole(username)))}>Remove</button>
            </li>
          ))}
        </ul>
      )}
      {error !== undefined && <Notice level="error">{error}</Notice>}
      <NewPerson isBusy={isBusy} onName={(username, role) => change(async () => replace(await api.setRole(username, role)))} />
    </section>
  );
}

function NewPerson({ isBusy, onName }: { isBusy: boolean; onName: (username: string, role: ChannelPerson['role']) => Promise<boolean> }) {
  const [username, setUsername] = useState('');
  const [role, setRole] = useState<ChannelPerson['role']>('moderator');
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (await onName(username.trim().replace(/^@/, ''), role)) setUsername('');
  };
  return (
    <form className="new-person" onSubmit={(event) => void onSubmit(event)}>
      <Field label="User name" name="username" maxLength={31} required autoComplete="off" spellCheck={false} value={username} onValue={setUsername} />
      <div className="field">
        <label htmlFor="new-role">As</label>
        <select id="new-role" value={role} onChange={({ target }) => setRole(target.value === 'vip' ? 'vip' : 'moderator')}>
          {ROLES.map(([value, label]) => <option key={value} value={value}>{label}</option>)}
        </select>
      </div>
      <button type="submit" className="button" disabled={isBusy}>Add</button>
    </form>
  );
}
