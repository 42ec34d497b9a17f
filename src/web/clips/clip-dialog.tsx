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
/** Pictures change sooner. */
const EARLY_MS = 150;

interface MadeClip {
  clip: Clip;
  /** It was to be cut to the frame, and could not. */
  isEarly: boolean;
}

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
  const [made, setMade] = useState<MadeClip>();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="confirm clip-dialog" aria-labelledby={titleId} onClose={props.onClose}>
      <h2 id={titleId}>{made ? 'Your clip is there' : 'Make a clip'}</h2>
      {session !== 'signed-in' ? <SignInFirst onClose={props.onClose} />
        : made ? <ClipMade {...made} onClose={props.onClose} />
        : <ClipForm {...props} onMade={setMade} />}
    </dialog>
  );
}

function ClipForm({ broadcastId, pressedMs, isLive, onClose, onMade }: ClipDialogProps & { onMade: (made: MadeClip) => void }) {
  const api = useApi();
  const lengthId = useId();
  const [title, setTitle] = useState('');
  const [durationSec, setDurationSec] = useState(USUAL_SEC);
  const [exact, setExact] = useState(false);
  const submit = useSubmit({
    fields: ['title'],
    check: () => ({ title: title.trim() === '' ? 'Give it a title.' : undefined }),
    send: async () => {
      const startMs = isLive ? pressedMs - durationSec * 1000 : pressedMs;
      const clip = await api.makeClip(broadcastId, { startAt: new Date(startMs).toISOString(), durationSec, title: title.trim(), exact });
      onMade({ clip, isEarly: exact && startMs - Date.parse(clip.startAt) > EARLY_MS });
    },
  });
  return (
    <form ref={submit.form} onSubmit={submit.onSubmit} noValidate>
      {submit.problem && <Notice level="error">{submit.problem}</Notice>}
      <Field label="Title" name="title" maxLength={100} autoFocus value={title} onValue={setTitle} error={submit.fieldErrors['title']} />
      <div className="field">
        <label htmlFor={lengthId}>{isLive ? `The last ${durationSec} seconds` : `${durationSec} seconds from here on`}</label>
        <input id={lengthId} type="range" min={MIN_SEC} max={MAX_SEC} step={5} value={durationSec} onChange={(event) => setDurationSec(event.target.valueAsNumber)} />
      </div>
      <label className="choice">
        <input type="checkbox" name="exact" checked={exact} onChange={(event) => setExact(event.target.checked)} />
        <span><b>Cut to the frame</b><span className="soft">Otherwise it begins a moment early, where nothing has to be encoded.</span></span>
      </label>
      <p className="field-hint">Whoever has its link can watch it.</p>
      <div className="confirm-actions">
        <button type="button" className="button" onClick={onClose}>Cancel</button>
        <button type="submit" className="button primary" disabled={submit.isBusy}>{submit.isBusy ? 'Cutting…' : 'Make the clip'}</button>
      </div>
    </form>
  );
}

function ClipMade({ clip, isEarly, onClose }: MadeClip & { onClose: () => void }) {
  const where = `/clips/${clip.id}`;
  return (
    <>
      <p role="status">{Math.round(clip.durationSec)} seconds of {clip.channel.slug}, kept for as long as nobody deletes them.{isEarly && ' This show cannot be cut to the frame, so they begin a moment early.'}</p>
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
