import { useEffect, useState, type FormEvent } from 'react';
import { useApi } from '../../api/context.js';
import { Confirm } from '../../controls/confirm.js';
import { Field } from '../../controls/field.js';
import { clock } from '../../words/time.js';
import type { Range } from '../bar/bar-layout.js';
import type { Timeline } from '../show/timeline.js';
import { rangeMoved } from './veto-words.js';

interface VetoFormProps {
  id: string;
  timeline: Pick<Timeline, 'momentMs'>;
  /** Length of the show; 0 when only all of it can be kept out. */
  endSec: number;
  /** The part that is about to be left out, to be shown on the bars. */
  onMarked: (range: Range | undefined) => void;
  onVetoed: () => void;
}

/** Keeps a part of a show out of the archive, or all of it, while nothing was sent. */
export function VetoForm({ id, timeline, endSec, onMarked, onVetoed }: VetoFormProps) {
  const api = useApi();
  const [isWhole, setWhole] = useState(endSec === 0);
  const [range, setRange] = useState<Range>({ fromSec: 0, toSec: endSec });
  const [reason, setReason] = useState('');
  const [isAsking, setAsking] = useState(false);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => onMarked(!isOpen || isWhole ? undefined : range), [isOpen, isWhole, range, onMarked]);

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setAsking(true);
  };
  const veto = async () => {
    // Rounded inwards: a fraction of a millisecond must not take the segment beside it along.
    const part = isWhole ? {} : { fromMs: Math.ceil(timeline.momentMs(range.fromSec)), toMs: Math.floor(timeline.momentMs(range.toSec)) };
    await api.archive.veto(id, { ...part, reason: reason.trim() });
    setReason('');
    setRange({ fromSec: 0, toSec: endSec });
    onVetoed();
  };
  const what = isWhole ? 'The whole show' : `What is between ${clock(range.fromSec)} and ${clock(range.toSec)}`;
  return (
    <details className="veto" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Keep something out</summary>
      <form className="veto-form" onSubmit={onSubmit}>
        {endSec > 0 && <PartChoice isWhole={isWhole} onWhole={setWhole} />}
        {!isWhole && <RangeFields range={range} endSec={endSec} onRange={setRange} />}
        <Field label="Reason" name="reason" hint="It stands in the take-down log, for you and your moderators." required maxLength={500} value={reason} onValue={setReason} />
        <button type="submit" className="button danger" disabled={reason.trim() === ''}>{isWhole ? 'Keep the show out' : 'Leave this part out'}</button>
      </form>
      {isAsking && (
        <Confirm title={isWhole ? 'Keep this show out?' : 'Leave this part out?'} text={`${what} is not stored permanently. This cannot be taken back.`}
          action="Keep it out" onConfirm={veto} onClose={() => setAsking(false)} />
      )}
    </details>
  );
}

function PartChoice({ isWhole, onWhole }: { isWhole: boolean; onWhole: (isWhole: boolean) => void }) {
  return (
    <fieldset className="choices">
      <legend>What is kept out</legend>
      <label className="choice"><input type="radio" name="part" checked={!isWhole} onChange={() => onWhole(false)} /><span><b>A part of it</b><span className="soft">Every segment that touches it is left out.</span></span></label>
      <label className="choice"><input type="radio" name="part" checked={isWhole} onChange={() => onWhole(true)} /><span><b>The whole show</b></span></label>
    </fieldset>
  );
}

const ENDS = [['fromSec', 'From'], ['toSec', 'To']] as const;

function RangeFields({ range, endSec, onRange }: { range: Range; endSec: number; onRange: (range: Range) => void }) {
  return (
    <div className="veto-range">
      {ENDS.map(([end, name]) => (
        <label key={end}>
          <span>{name} <b>{clock(range[end])}</b></span>
          <input type="range" aria-label={name} min={0} max={endSec} step={1} value={range[end]} aria-valuetext={clock(range[end])} onChange={({ target }) => onRange(rangeMoved(range, end, Number(target.value), endSec))} />
        </label>
      ))}
    </div>
  );
}
