import { useId } from 'react';

/** A labelled text of several lines. */
export function TextArea({ label, name, maxLength, value, onValue }: {
  label: string; name: string; maxLength: number; value: string; onValue: (value: string) => void;
}) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <textarea id={id} name={name} rows={3} maxLength={maxLength} value={value} onChange={(event) => onValue(event.target.value)} />
    </div>
  );
}
