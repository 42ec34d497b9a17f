import { useState, type FormEvent } from 'react';
import { useApi } from '../../api/context.js';
import type { Channel, ChannelChange, Ladder } from '../../api/contract.js';
import { plainWords, Problem } from '../../api/problem.js';
import { Field } from '../../controls/field.js';
import { Notice } from '../../controls/notice.js';
import { TextArea } from '../../controls/text-area.js';
import { Breaks, Delay, Qualities, type BreaksChoice, type LadderChoice } from './choices.js';
import { RecordingChoice } from './recording-choice.js';

type Outcome = { level: 'ok' | 'error'; text: string; field?: string | undefined };

/** Title, description, and all that the owner sets for the channel's shows. */
export function ChannelForm({ channel, onChanged }: { channel: Channel; onChanged: (channel: Channel) => void }) {
  const api = useApi();
  const [title, setTitle] = useState(channel.title);
  const [description, setDescription] = useState(channel.description);
  const [ladder, setLadder] = useState<LadderChoice>(choiceOf(channel.ladder));
  const [latency, setLatency] = useState(channel.latency);
  const [recording, setRecording] = useState(channel.recording);
  const [breaks, setBreaks] = useState(breaksOf(channel));
  const [outcome, setOutcome] = useState<Outcome>();
  const [isBusy, setBusy] = useState(false);

  const save = async () => {
    setBusy(true);
    setOutcome(undefined);
    try {
      const change: ChannelChange = {
        title: title.trim(), description: description.trim(), ladder: ladderOf(ladder, channel.ladder), latency,
        ...breaks, ...(recording && { recording }),
      };
      onChanged(await api.changeChannel(channel.slug, change));
      setOutcome({ level: 'ok', text: 'Saved.' });
    } catch (error) {
      setOutcome({ level: 'error', text: plainWords(error), field: error instanceof Problem ? error.fields['title'] : undefined });
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void save();
  };

  return (
    <section className="panel" aria-labelledby="channel-title">
      <h2 id="channel-title">Your show</h2>
      <form className="channel-form" onSubmit={onSubmit} onChange={() => setOutcome(undefined)}>
        <Field label="Title" name="title" required maxLength={100} value={title} onValue={setTitle} error={outcome?.field} />
        <TextArea label="Description" name="description" maxLength={2000} value={description} onValue={setDescription} />
        <Delay latency={latency} onLatency={setLatency} />
        <Qualities ladder={channel.ladder} choice={ladder} onChoice={setLadder} />
        {breaks && <Breaks {...breaks} onBreaks={setBreaks} />}
        {recording && <RecordingChoice recording={recording} onRecording={setRecording} />}
        {outcome && !outcome.field && <Notice level={outcome.level}>{outcome.text}</Notice>}
        <button type="submit" className="button" disabled={isBusy}>Save</button>
      </form>
    </section>
  );
}

function choiceOf(ladder: Channel['ladder']): LadderChoice {
  if (Array.isArray(ladder)) return 'list';
  return ladder ?? 'server';
}

function ladderOf(choice: LadderChoice, current: Channel['ladder']): Ladder | null {
  if (choice === 'list') return current ?? null;
  return choice === 'server' ? null : choice;
}

function breaksOf({ reconnectGraceSec = null, endsOnUnpublish }: Channel): BreaksChoice | undefined {
  return endsOnUnpublish === undefined ? undefined : { reconnectGraceSec, endsOnUnpublish };
}
