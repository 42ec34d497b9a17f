import { useState } from 'react';
import { useApi } from '../api/context.js';
import type { Recording } from '../api/contract.js';
import { plainWords } from '../api/problem.js';
import { Confirm } from '../controls/confirm.js';
import { Icon } from '../controls/icons.js';

/** Keeps a recording from being deleted to make room, or no longer. */
export function KeepButton({ recording, onChanged }: { recording: Recording; onChanged: (changed: Recording) => void }) {
  const api = useApi();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const toggle = async () => {
    setBusy(true);
    setError(undefined);
    try {
      onChanged(await api.changeRecording(recording.id, { isKept: !recording.isKept }));
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <button type="button" className="button keep" aria-pressed={recording.isKept} disabled={isBusy} onClick={() => void toggle()}>
        {recording.isKept && <Icon name="check" />} {recording.isKept ? 'Kept' : 'Keep'}
        <span className="visually-hidden"> {recording.title}</span>
      </button>
      {error !== undefined && <span className="field-error" role="alert">{plainWords(error)}</span>}
    </>
  );
}

/** Asks, then deletes. */
export function DeleteRecording({ recording, onDeleted, onClose }: { recording: Recording; onDeleted: () => void; onClose: () => void }) {
  const api = useApi();
  const remove = async () => {
    await api.deleteRecording(recording.id);
    onDeleted();
  };
  return (
    <Confirm title={`Delete “${recording.title}”?`} text="Its video and pictures are removed from this server and cannot be brought back."
      action="Delete recording" onConfirm={remove} onClose={onClose} />
  );
}
