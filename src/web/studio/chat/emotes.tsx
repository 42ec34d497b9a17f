import { useCallback, useState, type ChangeEvent, type FormEvent } from 'react';
import type { ChatSettingsApi, Emote } from '../../api/chat-settings.js';
import { usePolled } from '../../api/poll.js';
import { plainWords } from '../../api/problem.js';
import { Confirm } from '../../controls/confirm.js';
import { Field } from '../../controls/field.js';
import { Icon } from '../../controls/icons.js';
import { Notice } from '../../controls/notice.js';
import { codeOf, EMOTE_TYPES, emoteObstacleOf, MAX_EMOTES } from './emote-rules.js';
import { useChange } from '../../controls/use-change.js';

/** Pictures of the channel's own that stand for a code in messages. */
export function Emotes({ api }: { api: ChatSettingsApi }) {
  const { value: emotes, error, refresh } = usePolled(useCallback((signal) => api.emotes(signal), [api]), { everyMs: 0 });
  const [removing, setRemoving] = useState<Emote>();

  return (
    <section className="panel" aria-labelledby="emotes-title">
      <h2 id="emotes-title">Emotes</h2>
      {error !== undefined && <Notice level="error">{plainWords(error)}</Notice>}
      {emotes?.length === 0 && <p className="soft">Viewers write <code>:code:</code> and see your picture. Give your channel its first one.</p>}
      {emotes && emotes.length > 0 && (
        <ul className="emotes">
          {emotes.map((emote) => (
            <li key={emote.id} className="emote">
              <img src={emote.url} alt="" height={56} loading="lazy" />
              <span className="emote-code">:{emote.code}:</span>
              <button type="button" className="button emote-remove" aria-label={`Remove ${emote.code}`} onClick={() => setRemoving(emote)}>Remove</button>
            </li>
          ))}
        </ul>
      )}
      {(emotes?.length ?? 0) < MAX_EMOTES && <NewEmote api={api} onAdded={refresh} />}
      {removing && (
        <Confirm
          title={`Remove :${removing.code}:?`}
          text="Messages that have it show the code in its place."
          action="Remove emote"
          onConfirm={async () => { await api.removeEmote(removing.code); refresh(); }}
          onClose={() => setRemoving(undefined)}
        />
      )}
    </section>
  );
}

function NewEmote({ api, onAdded }: { api: ChatSettingsApi; onAdded: () => void }) {
  const [picture, setPicture] = useState<{ file: File; url: string }>();
  const [code, setCode] = useState('');
  const { isBusy, error, change, setError } = useChange();

  const choose = (file: File | undefined) => {
    if (picture) URL.revokeObjectURL(picture.url);
    setPicture(file && { file, url: URL.createObjectURL(file) });
  };
  const onFile = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const [file] = target.files ?? [];
    target.value = ''; // the same file may be chosen again
    if (file === undefined) return;
    const obstacle = emoteObstacleOf(file);
    setError(obstacle);
    if (obstacle !== undefined) return;
    choose(file);
    setCode((now) => now || codeOf(file.name));
  };
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (!picture) return setError('Choose a picture first.');
    const isDone = await change(async () => void await api.addEmote(code.trim(), picture.file));
    if (!isDone) return;
    choose(undefined);
    setCode('');
    onAdded();
  };

  return (
    <form className="new-emote" aria-busy={isBusy} onSubmit={(event) => void onSubmit(event)}>
      <div className="emote-drop">
        {picture ? <img src={picture.url} alt="The picture that you chose" /> : <Icon name="screen" />}
        <span>{picture ? 'Choose another' : 'Choose or drop'}</span>
        <input type="file" name="emote" accept={EMOTE_TYPES.join(',')} aria-label="Choose a picture for an emote" disabled={isBusy} onChange={onFile} />
      </div>
      <div className="new-emote-words">
        <Field label="Code" name="code" placeholder="wave" maxLength={32} pattern="[A-Za-z0-9_]{2,32}" title="2 to 32 letters, digits or _" required autoComplete="off" spellCheck={false} value={code} onValue={setCode} />
        <button type="submit" className="button" disabled={isBusy}>{isBusy ? 'Sending…' : 'Add emote'}</button>
      </div>
      {error !== undefined && <Notice level="error">{error}</Notice>}
      <p className="field-hint">PNG, JPEG, WebP or GIF up to 1 MB; it may move. It is made 112 pixels large.</p>
    </form>
  );
}
