import { useState, type FormEvent } from 'react';
import { useApi } from '../api/context.js';
import type { Channel, ChannelChange, Ladder, Latency } from '../api/contract.js';
import { plainWords, Problem } from '../api/problem.js';
import { Field } from '../controls/field.js';
import { Notice } from '../controls/notice.js';
import { TextArea } from '../controls/text-area.js';

type Outcome = { level: 'ok' | 'error'; text: string; field?: string | undefined };
type LadderChoice = 'server' | 'auto' | 'off' | 'list';

/** Title, description, qualities and delay of the channel. */
export function ChannelForm({ channel, onChanged }: { channel: Channel; onChanged: (channel: Channel) => void }) {
  const api = useApi();
  const [title, setTitle] = useState(channel.title);
  const [description, setDescription] = useState(channel.description);
  const [ladder, setLadder] = useState<LadderChoice>(choiceOf(channel.ladder));
  const [latency, setLatency] = useState(channel.latency);
  const [outcome, setOutcome] = useState<Outcome>();
  const [isBusy, setBusy] = useState(false);

  const save = async () => {
    setBusy(true);
    setOutcome(undefined);
    try {
      const change: ChannelChange = { title: title.trim(), description: description.trim(), ladder: ladderOf(ladder, channel.ladder), latency };
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
        {outcome && !outcome.field && <Notice level={outcome.level}>{outcome.text}</Notice>}
        <button type="submit" className="button" disabled={isBusy}>Save</button>
      </form>
    </section>
  );
}

const DELAYS: [Latency, string, string][] = [
  ['real-time', 'Real time', 'Below a second behind you: for conversations and games. Where that does not work, it plays as ultra low.'],
  ['ultra-low', 'Ultra low', 'About a second behind you: for talking with viewers. Poor connections may stall.'],
  ['balanced', 'Balanced', 'About two seconds behind you. Right for most shows.'],
  ['stable', 'Stable', 'About six seconds behind you: plays through the worst connections.'],
];

function Delay({ latency, onLatency }: { latency: Latency; onLatency: (latency: Latency) => void }) {
  return (
    <fieldset className="choices">
      <legend>Delay for viewers</legend>
      {DELAYS.map(([value, label, hint]) => (
        <label key={value} className="choice">
          <input type="radio" name="latency" value={value} checked={latency === value} onChange={() => onLatency(value)} />
          <span><b>{label}</b><span className="soft">{hint}</span></span>
        </label>
      ))}
      <p className="field-hint">Counts at once. Viewers may choose otherwise in the player.</p>
    </fieldset>
  );
}

function Qualities({ ladder, choice, onChoice }: { ladder: Channel['ladder']; choice: LadderChoice; onChoice: (choice: LadderChoice) => void }) {
  const choices: [LadderChoice, string, string][] = [
    ['server', 'As the server is set', 'The person who runs it decides.'],
    ['auto', 'Automatic', 'As many as this machine carries, so slow connections can watch too.'],
    ['off', 'Source only', 'What you send, unchanged. Costs the server least.'],
  ];
  if (Array.isArray(ladder)) choices.push(['list', ladder.join(', '), 'The list that was set for this channel.']);
  return (
    <fieldset className="choices">
      <legend>Qualities for viewers</legend>
      {choices.map(([value, label, hint]) => (
        <label key={value} className="choice">
          <input type="radio" name="ladder" value={value} checked={choice === value} onChange={() => onChoice(value)} />
          <span><b>{label}</b><span className="soft">{hint}</span></span>
        </label>
      ))}
      <p className="field-hint">Counts from your next stream.</p>
    </fieldset>
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
