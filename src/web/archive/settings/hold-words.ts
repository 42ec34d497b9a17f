import { count } from '../../words/figures.js';

/** How long a show waits before it is sent: `6 hours`, `3 days`. */
export function holdWords(hours: number): string {
  if (hours === 0) return 'no time: it is sent at once';
  return hours >= 48 && hours % 24 === 0 ? count(hours / 24, 'day') : count(hours, 'hour');
}
