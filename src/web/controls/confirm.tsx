import { useEffect, useId, useRef, useState } from 'react';
import { plainWords } from '../api/problem.js';
import { Notice } from './notice.js';

interface ConfirmProps {
  title: string;
  /** What will happen, and to whom. */
  text: string;
  /** The words on the button that does it. */
  action: string;
  onConfirm: () => Promise<void>;
  onClose: () => void;
}

/** A modal question before something that cannot be taken back. Escape and Cancel leave everything as it is. */
export function Confirm({ title, text, action, onConfirm, onClose }: ConfirmProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();

  useEffect(() => dialog.current?.showModal(), []);

  const confirm = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };

  return (
    <dialog ref={dialog} className="confirm" aria-labelledby={titleId} onClose={onClose}>
      <h2 id={titleId}>{title}</h2>
      <p>{text}</p>
      {error !== undefined && <Notice level="error">{plainWords(error)}</Notice>}
      <div className="confirm-actions">
        <button type="button" className="button" autoFocus onClick={onClose}>Cancel</button>
        <button type="button" className="button danger" disabled={isBusy} onClick={() => void confirm()}>{action}</button>
      </div>
    </dialog>
  );
}
