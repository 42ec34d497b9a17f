import { useState, type FormEvent } from 'react';
import { useNavigate } from 'react-router-dom';
import { useApi } from '../api/context.js';
import type { Recording, RecordingChange, RecordingDetails } from '../api/contract.js';
import { plainWords, Problem } from '../api/problem.js';
import { Field } from '../controls/field.js';
import { Notice } from '../controls/notice.js';
import { TextArea } from '../controls/text-area.js';
import { DeleteRecording, KeepButton } from './recording-actions.js';
import { VisibilityChoice } from './visibility-choice.js';

type Outcome = { level: 'ok' | 'error'; text: string; field?: string | undefined };

/** What its owner does with a recording: name it, show or hide it, keep it, delete it. */
export function Manage({ recording, onChanged }: { recording: RecordingDetails; onChanged: (changed: Recording) => void }) {
  const navigate = useNavigate();
  const [isDeleting, setDeleting] = useState(false);
  return (
    <section className="panel manage" aria-labelledby="manage-title">
      <h2 id="manage-title">Your recording</h2>
      <ManageForm recording={recording} onChanged={onChanged} />
      <div className="manage-fate">
        <KeepButton recording={recording} onChanged={onChanged} />
        <button type="button" className="button danger" onClick={() => setDeleting(true)}>Delete</button>
      </div>
      <p className="field-hint">What is kept is never deleted to make room. What is not may be, the oldest first, as this server is set.</p>
      {isDeleting && <DeleteRecording recording={recording} onDeleted={() => void navigate(`/${recording.channel.slug}`)} onClose={() => setDeleting(false)} />}
    </section>
  );
}

function ManageForm({ recording, onChanged }: { recording: RecordingDetails; onChanged: (changed: Recording) => void }) {
  const api = useApi();
  const [title, setTitle] = useState(recording.title);
  const [description, setDescription] = useState(recording.description);
  const [visibility, setVisibility] = useState(recording.visibility);
  const [outcome, setOutcome] = useState<Outcome>();
  const [isBusy, setBusy] = useState(false);

  const save = async (change: RecordingChange) => {
    setBusy(true);
    setOutcome(undefined);
    try {
      onChanged(await api.changeRecording(recording.id, change));
      setOutcome({ level: 'ok', text: 'Saved.' });
    } catch (error) {
      setOutcome({ level: 'error', text: plainWords(error), field: error instanceof Problem ? error.fields['title'] : undefined });
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void save({ title: title.trim(), description: description.trim(), visibility });
  };

  return (
    <form className="manage-form" onSubmit={onSubmit} onChange={() => setOutcome(undefined)}>
      <Field label="Title" name="title" required maxLength={140} value={title} onValue={setTitle} error={outcome?.field} />
      <TextArea label="Description" name="description" maxLength={5000} value={description} onValue={setDescription} />
      <VisibilityChoice visibility={visibility} onVisibility={setVisibility} />
      {outcome && !outcome.field && <Notice level={outcome.level}>{outcome.text}</Notice>}
      <button type="submit" className="button" disabled={isBusy}>Save</button>
    </form>
  );
}
