import { useCallback, useState, type FormEvent } from 'react';
import type { Bot, BotScope, ChatSettingsApi } from '../../api/chat-settings.js';
import { usePolled } from '../../api/poll.js';
import { plainWords } from '../../api/problem.js';
import { Confirm } from '../../controls/confirm.js';
import { Field } from '../../controls/field.js';
import { Notice } from '../../controls/notice.js';
import { ago } from '../../words/time.js';
import { ShownOnce } from './shown-once.js';
import { useChange } from '../../controls/use-change.js';

const SCOPES: [BotScope, string, string][] = [
  ['read', 'Read', 'Hears what is said, rooms for members too.'],
  ['write', 'Write', 'Writes under its name, marked as a bot.'],
  ['moderate', 'Moderate', 'Deletes, times out and bans. The log names it.'],
];

/** Programs that take part in the chat. */
export function Bots({ api }: { api: ChatSettingsApi }) {
  const { value: bots, error, refresh } = usePolled(useCallback((signal) => api.bots(signal), [api]), { everyMs: 0 });
  const [fresh, setFresh] = useState<{ name: string; token: string }>();
  const [asked, setAsked] = useState<{ bot: Bot; what: 'renew' | 'remove' }>();

  return (
    <section className="panel" aria-labelledby="bots-title">
      <h2 id="bots-title">Bots</h2>
      {error !== undefined && <Notice level="error">{plainWords(error)}</Notice>}
      {fresh && <ShownOnce what="Bot token" secret={fresh.token} onDone={() => setFresh(undefined)}><strong>The token of “{fresh.name}”.</strong></ShownOnce>}
      {bots?.length === 0 && <p className="soft">A bot is a program with a token of its own, for this channel only.</p>}
      {bots && bots.length > 0 && (
        <ul className="keys">
          {bots.map((bot) => <BotRow key={bot.id} bot={bot} onAsk={(what) => setAsked({ bot, what })} />)}
        </ul>
      )}
      <NewBot api={api} onAdded={(name, token) => { setFresh({ name, token }); refresh(); }} />
      {asked?.what === 'remove' && (
        <Confirm
          title={`Delete “${asked.bot.name}”?`} text="Its token ends at once. What it said stays." action="Delete bot"
          onConfirm={async () => { await api.removeBot(asked.bot.id); refresh(); }} onClose={() => setAsked(undefined)}
        />
      )}
      {asked?.what === 'renew' && (
        <Confirm
          title={`New token for “${asked.bot.name}”?`} text="The old one ends at once, and what is connected with it is cut off." action="Make a new token"
          onConfirm={async () => setFresh({ name: asked.bot.name, token: await api.renewBotToken(asked.bot.id) })} onClose={() => setAsked(undefined)}
        />
      )}
    </section>
  );
}

function BotRow({ bot, onAsk }: { bot: Bot; onAsk: (what: 'renew' | 'remove') => void }) {
  const words = SCOPES.filter(([scope]) => bot.scopes.includes(scope)).map(([, label]) => label.toLowerCase());
  return (
    <li className="key">
      <div>
        <p className="key-label">{bot.name}</p>
        <p className="soft">{words.join(', ')}; {bot.lastUsedAt === null ? 'never used' : `used ${ago(bot.lastUsedAt, Date.now())}`}</p>
      </div>
      <div className="row-actions">
        <button type="button" className="button" onClick={() => onAsk('renew')} aria-label={`New token for ${bot.name}`}>New token</button>
        <button type="button" className="button" onClick={() => onAsk('remove')} aria-label={`Delete ${bot.name}`}>Delete</button>
      </div>
    </li>
  );
}

function NewBot({ api, onAdded }: { api: ChatSettingsApi; onAdded: (name: string, token: string) => void }) {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<BotScope[]>(['read', 'write']);
  const { isBusy, error, change } = useChange();
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    await change(async () => {
      const { bot, token } = await api.addBot({ name: name.trim(), scopes });
      setName('');
      onAdded(bot.name, token);
    });
  };
  return (
    <details className="new-thing">
      <summary>New bot</summary>
      <form className="channel-form" onSubmit={(event) => void onSubmit(event)}>
        <Field label="Name" name="bot" placeholder="tidebot" minLength={3} maxLength={30} pattern="[A-Za-z0-9_\-]{3,30}" title="3 to 30 letters, digits, - or _" required autoComplete="off" spellCheck={false} value={name} onValue={setName} />
        <fieldset className="choices">
          <legend>It may</legend>
          {SCOPES.map(([scope, label, hint]) => (
            <label key={scope} className="choice">
              <input type="checkbox" name={scope} checked={scopes.includes(scope)} onChange={({ target }) => setScopes(target.checked ? [...scopes, scope] : scopes.filter((other) => other !== scope))} />
              <span><b>{label}</b><span className="soft">{hint}</span></span>
            </label>
          ))}
        </fieldset>
        {error !== undefined && <Notice level="error">{error}</Notice>}
        <button type="submit" className="button" disabled={isBusy || scopes.length === 0}>Make bot</button>
      </form>
    </details>
  );
}
