const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A running clock: `0:07`, `12:05`, `1:02:05`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor((whole % HOUR) / MINUTE), whole % MINUTE];
  const hours = Math.floor(whole / HOUR);
  if (hours === 0) return `${parts[0]}:${twoDigits(parts[1] ?? 0)}`;
  return [hours, ...parts.map(twoDigits)].join(':');
}

/** How long something has lasted, roughly: `just now`, `12 min`, `1 h 5 min`, `3 days`. */
export function roughly(seconds: number): string {
  if (seconds < MINUTE) return 'just now';
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) {
    const minutes = Math.floor((seconds % HOUR) / MINUTE);
    return minutes === 0 ? `${Math.floor(seconds / HOUR)} h` : `${Math.floor(seconds / HOUR)} h ${minutes} min`;
  }
  const days = Math.floor(seconds / DAY);
  return days === 1 ? '1 day' : `${days} days`;
}

/** What is left of a wait, roughly: `a few seconds`, `40 s`, `12 min`, `1 h 5 min`. */
export function waitOf(seconds: number): string {
  if (seconds < 5) return 'a few seconds';
  return seconds < MINUTE ? `${Math.ceil(seconds / 5) * 5} s` : roughly(seconds);
}

/** `roughly` of the time since an ISO date, as a phrase: `just now`, `12 min ago`. */
export function ago(isoDate: string, nowMs: number): string {
  const words = roughly(secondsSince(isoDate, nowMs));
  return words === 'just now' ? words : `${words} ago`;
}

/** The day of an ISO date where the reader is: `1 March 2026`. */
export function day(isoDate: string): string {
  return new Date(isoDate).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
}

/** A place in a recording as people write it in an address, in seconds: `90`, `90s`, `1m30s`, `1h2m3s`; 0 for anything else. */
export function placeInWords(text: string | null): number {
  const match = /^(?:(\d{1,3})h)?(?:(\d{1,5})m)?(?:(\d{1,7})s?)?$/.exec(text ?? '');
  const [hours = 0, minutes = 0, seconds = 0] = match?.slice(1).map((digits) => Number(digits ?? 0)) ?? [];
  return hours * HOUR + minutes * MINUTE + seconds;
}

/** Seconds since an ISO date; never negative, because clocks differ. */
export function secondsSince(isoDate: string, nowMs: number): number {
  return Math.max(0, (nowMs - Date.parse(isoDate)) / 1000);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
