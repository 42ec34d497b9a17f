import { Link } from 'react-router-dom';
import { CopyButton } from '../controls/copy-button.js';
import { Icon } from '../controls/icons.js';
import { count } from '../words/figures.js';
import { rescuers, type CheckStatus, type Mark } from './check-status.js';
import './verification.css';

const ICONS = { off: 'shield', unavailable: 'shield', checking: 'shield', unsigned: 'shield', verified: 'shield-check', recovered: 'shield-check', refused: 'shield-warn' } as const;

/** The mark in the player's bar: whether what is on the screen is what was signed. */
export function VerificationButton({ mark, isOpen, onToggle }: { mark: Mark; isOpen: boolean; onToggle: () => void }) {
  return (
    <button type="button" className="player-button verification-button" data-mark={mark.name} aria-expanded={isOpen} onClick={onToggle}
      title={mark.label} aria-label={`Checked playback: ${mark.label}`}>
      <Icon name={ICONS[mark.name]} />
      {mark.name !== 'off' && <span className="verification-label">{mark.label}</span>}
    </button>
  );
}

interface VerificationPanelProps {
  mark: Mark;
  status: CheckStatus;
  isWanted: boolean;
  onWanted: (isWanted: boolean) => void;
  /** Where all of it can be verified; undefined while it is on air. */
  page?: string | undefined;
  isLive: boolean;
  onClose: () => void;
}

/** The switch, and what the mark is made of. */
export function VerificationPanel({ mark, status, isWanted, onWanted, page, isLive, onClose }: VerificationPanelProps) {
  return (
    <section className="stats verification" aria-label="Checked playback">
      <header>
        <h2>Checked playback</h2>
        <button type="button" className="stats-close" onClick={onClose} aria-label="Close checked playback">×</button>
      </header>
      <label className="verification-switch">
        <span>Check every segment</span>
        <input type="checkbox" role="switch" checked={isWanted} onChange={(event) => onWanted(event.target.checked)} />
      </label>
      <p className="verification-words" data-mark={mark.name} role="status">{mark.words}</p>
      {isWanted && mark.name !== 'unavailable' && <Facts status={status} />}
      <p className="verification-note">{note(isWanted, isLive)}</p>
      {page !== undefined && <p><Link to={page}>Verify the whole recording</Link></p>}
    </section>
  );
}

function note(isWanted: boolean, isLive: boolean): string {
  if (!isWanted) return `Each segment is then hashed before it plays, and compared with the signed manifest.${isLive ? ' Parts are not signed, so it plays whole segments, some seconds further behind.' : ''}`;
  return 'It proves that whoever has this key signed these bytes as this show. Not who that is, nor that the pictures are true: compare the key with what the streamer says elsewhere.';
}

function Facts({ status }: { status: CheckStatus }) {
  const { key, verified, waiting, refused } = status;
  return (
    <dl>
      {key !== undefined && <div><dt>Signed by</dt><dd className="verification-key"><code>{key}</code> <CopyButton text={key} what="the key" /></dd></div>}
      <div><dt>Checked</dt><dd data-stat="verified">{count(verified, 'file')}</dd></div>
      {waiting > 0 && <div><dt>Not signed yet</dt><dd data-stat="waiting">{waiting}</dd></div>}
      <div><dt>Refused</dt><dd data-stat="refused">{refused === 0 ? 'none' : count(refused, 'wrong answer')}</dd></div>
      {rescuers(status).map(({ from, files }) => <div key={from}><dt>Right from</dt><dd data-stat="recovered">{from} ({files})</dd></div>)}
    </dl>
  );
}
