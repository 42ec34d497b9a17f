import { useEffect, useId, useRef, useState } from 'react';
import { Link, useLocation } from 'react-router-dom';
import { useSubmit } from '../account/submit.js';
import { useApi, useSessionState } from '../api/context.js';
import type { Clip } from '../api/contract.js';
import { CopyButton } from '../controls/copy-button.js';
import { Field } from '../controls/field.js';
import { Notice } from '../controls/notice.js';
import './clips.css';

const MIN_SEC = 5;
const MAX_SEC = 60;
const USUAL_SEC = 30;

export interface ClipDialogProps {
  broadcastId: string;
  /** What was shown when it was asked for, by the server's clock. */
  pressedMs: number;
  isLive: boolean;
  onClose: () => void;
}

/** Asks how long a clip shall be and what it is called, makes it, and leads to it. */
export function ClipDialog(props: ClipDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const { name: session } = useSessionState();
  const [clip, setClip] = useState<Clip>();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="confirm clip-dialog" aria-labelledby={titleId} onClose={props.onClose}>
      <h2 id={titleId}>{clip ? 'Your clip is there' : 'Make a clip'}</h2>
      {session !== 'signed-in' ? <SignInFirst onClose={props.onClose} />
        : clip ? <ClipMade clip={clip} onClose={props.onClose} />
        : <ClipForm {...props} onMade={setClip} />}
    </dialog>
  );
}

function ClipForm({ broadcastId, pressedMs, isLive, onClose, onMade }: ClipDialogProps & { onMade: (clip: Clip) => void }) {
  const api = useApi();
  const lengthId = useId();
  const [title, setTitle] = useState('');
  const [durationSec, setDurationSec] = useState(USUAL_SEC);
  const submit = useSubmit({
    fields: ['title'],
    check: () => ({ title: title.trim() === '' ? 'Give it a title.' : undefined }),
    send: async () => {
      const startAt = new Date(isLive ? pressedMs - durationSec * 1000 : pressedMs).toISOString();
      onMade(await api.makeClip(broadcastId, { startAt, durationSec, title: title.trim() }));
    },
  });
  return (
    <form ref={submit.form} onSubmit={submit.onSubmit} noValidate>
      {submit.problem && <Notice level="error">{submit.problem}</Notice>}
      <Field label="Title" name="title" maxLength={100} autoFocus value={title} onValue={setTitle} error={submit.fieldErrors['title']} />
      <div className="field">
        <label htmlFor={lengthId}>{isLive ? `The last ${durationSec} seconds` : `${durationSec} seconds from here on`}</label>
        <input id={lengthId} type="range" min={MIN_SEC} max={MAX_SEC} step={5} value={durationSec} onChange={(event) => setDurationSec(event.target.valueAsNumber)} />
        <p className="field-hint">It begins at the key frame before, so it may be a little longer. Whoever has its link can watch it.</p>
      </div>
      <div className="confirm-actions">
        <button type="button" className="button" onClick={onClose}>Cancel</button>
        <button type="submit" className="button primary" disabled={submit.isBusy}>{submit.isBusy ? 'Cutting…' : 'Make the clip'}</button>
      </div>
    </form>
  );
}

function ClipMade({ clip, onClose }: { clip: Clip; onClose: () => void }) {
  const where = `/clips/${clip.id}`;
  return (
    <>
      <p role="status">{Math.round(clip.durationSec)} seconds of {clip.channel.slug}, kept for as long as nobody deletes them.</p>
      <div className="confirm-actions">
        <CopyButton text={`${window.location.origin}${where}`} what="link" label="Copy link" />
        <a className="button" href={where} target="_blank" rel="noreferrer">Open the clip</a>
        <button type="button" className="button primary" autoFocus onClick={onClose}>Go on watching</button>
      </div>
    </>
  );
}

function SignInFirst({ onClose }: { onClose: () => void }) {
  const { pathname } = useLocation();
  return (
    <>
      <p>Clips carry the name of who made them. Sign in to make one.</p>
      <div className="confirm-actions">
        <button type="button" className="button" onClick={onClose}>Cancel</button>
        <Link className="button primary" to="/login" state={{ from: pathname }}>Sign in</Link>
      </div>
    </>
  );
}
