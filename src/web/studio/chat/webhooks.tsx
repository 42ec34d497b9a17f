import { useCallback, useState, type FormEvent } from 'react';
import type { ChatSettingsApi, Webhook, WebhookEvent } from '../../api/chat-settings.js';
import { usePolled } from '../../api/poll.js';
import { asSentence, plainWords } from '../../api/problem.js';
import { Confirm } from '../../controls/confirm.js';
import { Field } from '../../controls/field.js';
import { Notice } from '../../controls/notice.js';
import { ShownOnce } from './shown-once.js';
import { useChange } from '../../controls/use-change.js';
import { WebhookDeliveries } from './webhook-deliveries.js';

const EVENTS: [WebhookEvent, string][] = [
  ['message', 'Messages'],
  ['message-deleted', 'Deleted messages'],
  ['moderation', 'What moderators do'],
  ['stream-started', 'Stream started'],
  ['stream-ended', 'Stream ended'],
];
const REFRESH_MS = 10_000;

/** Addresses of other programs that are told what happens here. */
export function Webhooks({ api }: { api: ChatSettingsApi }) {
  const { value: hooks, error, refresh } = usePolled(useCallback((signal) => api.webhooks(signal), [api]), { everyMs: REFRESH_MS });
  const [secret, setSecret] = useState<string>();
  const [removing, setRemoving] = useState<Webhook>();

  return (
    <section className="panel" aria-labelledby="webhooks-title">
      <h2 id="webhooks-title">Webhooks</h2>
      {error !== undefined && <Notice level="error">{plainWords(error)}</Notice>}
      {secret !== undefined && <ShownOnce what="Webhook secret" secret={secret} onDone={() => setSecret(undefined)}><strong>The secret of the new webhook</strong> signs all that is sent to it.</ShownOnce>}
      {hooks?.length === 0 && <p className="soft">A webhook tells another program what happens here, by a signed request to its address.</p>}
      {hooks && hooks.length > 0 && (
        <ul className="hooks">
          {hooks.map((hook) => <Hook key={hook.id} api={api} hook={hook} onChanged={refresh} onRemove={() => setRemoving(hook)} />)}
        </ul>
      )}
      <NewWebhook api={api} onAdded={(made) => { setSecret(made); refresh(); }} />
      {removing && (
        <Confirm
          title="Delete this webhook?" text={`${removing.url} is told nothing more, and what waits is dropped.`} action="Delete webhook"
          onConfirm={async () => { await api.removeWebhook(removing.id); refresh(); }} onClose={() => setRemoving(undefined)}
        />
      )}
    </section>
  );
}

type State = 'well' | 'failing' | 'disabled';

function stateOf({ disabled, failures }: Webhook): State {
  if (disabled !== null) return 'disabled';
  return failures > 0 ? 'failing' : 'well';
}

function Hook({ api, hook, onChanged, onRemove }: { api: ChatSettingsApi; hook: Webhook; onChanged: () => void; onRemove: () => void }) {
  const { isBusy, error, change } = useChange();
  const [outcome, setOutcome] = useState<{ level: 'ok' | 'error'; text: string }>();
  const state = stateOf(hook);
  const test = () => void change(async () => {
    setOutcome(undefined);
    const { status, error: failure } = await api.testWebhook(hook.id);
    setOutcome(failure === null ? { level: 'ok', text: `The test was taken (${status}).` } : { level: 'error', text: asSentence(`The test failed: ${failure}`) });
  });
  return (
    <li className="hook" data-state={state} aria-busy={isBusy}>
      <p className="hook-url">{hook.url}</p>
      <p className="soft">{EVENTS.filter(([event]) => hook.events.includes(event)).map(([, label]) => label).join(' · ')}</p>
      {state === 'failing' && <Notice level="warn">The last {hook.failures === 1 ? 'request' : `${hook.failures} requests`} failed. It is tried again by itself.</Notice>}
      {hook.disabled && <Notice level="error">Switched off: {asSentence(hook.disabled.reason)}</Notice>}
      {hook.dropped > 0 && <Notice level="warn">{hook.dropped} messages were not told: the receiver was too slow.</Notice>}
      {outcome && <Notice level={outcome.level}>{outcome.text}</Notice>}
      {error !== undefined && <Notice level="error">{error}</Notice>}
      <div className="row-actions">
        {state === 'disabled' && <button type="button" className="button primary" disabled={isBusy} onClick={() => void change(async () => { await api.enableWebhook(hook.id); onChanged(); })}>Switch on</button>}
        <button type="button" className="button" disabled={isBusy} onClick={test}>Send a test</button>
        <button type="button" className="button" disabled={isBusy} onClick={onRemove}>Delete</button>
      </div>
      <WebhookDeliveries api={api} hookId={hook.id} />
    </li>
  );
}

function NewWebhook({ api, onAdded }: { api: ChatSettingsApi; onAdded: (secret: string) => void }) {
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState<WebhookEvent[]>(['message', 'moderation']);
  const { isBusy, error, change } = useChange();
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    await change(async () => {
      const { secret } = await api.addWebhook({ url: url.trim(), events });
      setUrl('');
      onAdded(secret);
    });
  };
  return (
    <details className="new-thing">
      <summary>New webhook</summary>
      <form className="channel-form" onSubmit={(event) => void onSubmit(event)}>
        <Field label="Address" name="url" type="url" placeholder="https://example.org/hook" maxLength={500} required value={url} onValue={setUrl} />
        <fieldset className="choices">
          <legend>It is told of</legend>
          {EVENTS.map(([event, label]) => (
            <label key={event} className="choice">
              <input type="checkbox" name={event} checked={events.includes(event)} onChange={({ target }) => setEvents(target.checked ? [...events, event] : events.filter((other) => other !== event))} />
              <span><b>{label}</b></span>
            </label>
          ))}
        </fieldset>
        {error !== undefined && <Notice level="error">{error}</Notice>}
        <button type="submit" className="button" disabled={isBusy || events.length === 0}>Make webhook</button>
      </form>
    </details>
  );
}
