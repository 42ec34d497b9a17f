import { Icon } from '../controls/icons.js';
import { count } from '../words/figures.js';

/** The one sign for “on air”. */
export function LiveBadge() {
  return <span className="live-badge">Live</span>;
}

export function Viewers({ viewers }: { viewers: number }) {
  return (
    <span className="viewers" title={count(viewers, 'viewer')}>
      <Icon name="eye" />
      {viewers.toLocaleString('en')}
      <span className="visually-hidden"> {viewers === 1 ? 'viewer' : 'viewers'}</span>
    </span>
  );
}
