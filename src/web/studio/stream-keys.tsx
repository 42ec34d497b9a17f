import { useCallback, useState, type FormEvent } from 'react';
import { useApi } from '../api/context.js';
import type { NewStreamKey, StreamKey } from '../api/contract.js';
import { usePolled } from '../api/poll.js';
import { plainWords, Problem } from '../api/problem.js';
import { Confirm } from '../controls/confirm.js';
import { CopyButton } from '../controls/copy-button.js';
import { Field } from '../controls/field.js';
import { Notice } from '../controls/notice.js';
import { ago } from '../words/time.js';

const REFRESH_MS = 15_000;

/** The channel's keys: make one, see it once, revoke it. */
export function StreamKeys({ slug }: { slug: string }) {
  const api = useApi();
  const { value: keys, error, refresh } = usePolled(useCallback((signal) => api.streamKeys(slug, signal), [api, slug]), { everyMs: REFRESH_MS });
  const [fresh, setFresh] = useState<NewStreamKey>();
  const [revoking, setRevoking] = useState<StreamKey>();

  const revoke = async (key: StreamKey) => {
    await api.revokeStreamKey(slug, key.id);
    if (fresh?.id === key.id) setFresh(undefined);
    refresh();
  };

  return (
    <section className="panel" aria-labelledby="keys-title">
      <h2 id="keys-title">Stream keys</h2>
      {error !== undefined && <Notice level="error">{plainWords(error)}</Notice>}
      {fresh && <FreshKey created={fresh} onDone={() => setFresh(undefined)} />}
      {keys?.length === 0 && <p className="soft">You need a key to go live. One for each place you stream from makes it easy to revoke just that one.</p>}
      {keys && keys.length > 0 && (
        <ul className="keys">
          {keys.map((key) => <KeyRow key={key.id} streamKey={key} onRevoke={() => setRevoking(key)} />)}
        </ul>
      )}
      <NewKeyForm slug={slug} hasKeys={(keys?.length ?? 0) > 0} onCreated={(created) => { setFresh(created); refresh(); }} />
      {revoking && (
        <Confirm
          title={`Revoke “${revoking.label}”?`}
          text="It stops working at once and cannot be brought back. A stream that uses it ends."
          action="Revoke key"
          onConfirm={() => revoke(revoking)}
          onClose={() => setRevoking(undefined)}
        />
      )}
    </section>
  );
}

function FreshKey({ created, onDone }: { created: NewStreamKey; onDone: () => void }) {
  return (
    <div className="fresh-key" role="status">
      <p><strong>Your new key “{created.label}”.</strong> Copy it now: it is shown only this once. Whoever has it can stream as you.</p>
      <div className="copy-row">
        <span className="copy-label">Stream key</span>
        <CopyButton text={created.key} what="stream key" />
        <code data-secret="">{created.key}</code>
      </div>
      <button type="button" className="button" onClick={onDone}>I have it</button>
    </div>
  );
}

function KeyRow({ streamKey, onRevoke }: { streamKey: StreamKey; onRevoke: () => void }) {
  const nowMs = Date.now();
  const used = streamKey.lastUsedAt === null ? 'never used' : `used ${ago(streamKey.lastUsedAt, nowMs)}`;
  return (
    <li className="key">
      <div>
        <p className="key-label">{streamKey.label}</p>
        <p className="soft">made {ago(streamKey.createdAt, nowMs)}, {used}</p>
      </div>
      <button type="button" className="button" onClick={onRevoke} aria-label={`Revoke ${streamKey.label}`}>Revoke</button>
    </li>
  );
}

function NewKeyForm({ slug, hasKeys, onCreated }: { slug: string; hasKeys: boolean; onCreated: (created: NewStreamKey) => void }) {
  const api = useApi();
  const [label, setLabel] = useState('');
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);

  const create = async () => {
    setBusy(true);
    setError(undefined);
    try {
      onCreated(await api.createStreamKey(slug, label.trim() || 'OBS'));
      setLabel('');
    } catch (failure) {
      setError((failure instanceof Problem && failure.fields['label']) || plainWords(failure));
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void create();
  };

  return (
    <form className="new-key" onSubmit={onSubmit}>
      <Field label="Label for a new key" name="label" placeholder="OBS" maxLength={60} autoComplete="off" value={label} onValue={setLabel} error={error} />
      <button type="submit" className={hasKeys ? 'button' : 'button primary'} disabled={isBusy}>Create key</button>
    </form>
  );
}
