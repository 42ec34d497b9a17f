const WINSTON_PER_AR = 10n ** 12n;
/** Below a millionth of an AR the zeros say nothing any more. */
const SMALL = 10n ** 6n;
const DIGITS = 4;

/** An amount as people compare it, four digits of it: `1.25 AR`, `0.0003121 AR`, `65,595 winston`. */
export function amount(winston: string): string {
  const value = BigInt(winston);
  if (value === 0n) return '0 AR';
  return value < SMALL ? `${value.toLocaleString('en')} winston` : `${plain(rounded(value))} AR`;
}

/** All of an amount, to the last winston: `0.000312100001 AR`. */
export function exactAmount(winston: string): string {
  return `${plain(BigInt(winston))} AR`;
}

/** How much of a limit is used, 0 to 1; all of a limit of nothing. */
export function shareOf(spentWinston: string, limitWinston: string): number {
  const [spent, limit] = [BigInt(spentWinston), BigInt(limitWinston)];
  return spent >= limit ? 1 : Number((spent * 1000n) / limit) / 1000;
}

/** Half a unit of the last digit that is kept goes up; whole AR are all kept. */
function rounded(value: bigint): bigint {
  const excess = Math.min(value.toString().length - DIGITS, 12);
  if (excess <= 0) return value;
  const unit = 10n ** BigInt(excess);
  return ((value + unit / 2n) / unit) * unit;
}

function plain(value: bigint): string {
  const fraction = (value % WINSTON_PER_AR).toString().padStart(12, '0').replace(/0+$/, '');
  const whole = (value / WINSTON_PER_AR).toLocaleString('en');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
