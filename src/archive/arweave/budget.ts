/** Winston, as everything here: 10¹² are one AR. */
export interface Amounts {
  broadcast: bigint;
  day: bigint;
  month: bigint;
}

const AR_DIGITS = 12;

/** An amount of the settings, AR, without the errors of floats. */
export function winstonOf(ar: number): bigint {
  return BigInt(ar.toFixed(AR_DIGITS).replace('.', ''));
}

export function arText(winston: bigint): string {
  const digits = winston.toString().padStart(AR_DIGITS + 1, '0');
  return `${digits.slice(0, -AR_DIGITS)}.${digits.slice(-AR_DIGITS)}`.replace(/\.?0+$/, '');
}

/** Which budget a cost would break, in words; undefined when there is room in all of them. @param limits those that hold for it */
export function overBudget(limits: Partial<Amounts>, spent: Amounts, cost: bigint): string | undefined {
  const names: [keyof Amounts, string][] = [['broadcast', 'a broadcast'], ['day', '24 hours'], ['month', '30 days']];
  for (const [key, what] of names) {
    const limit = limits[key];
    if (limit === undefined || spent[key] + cost <= limit) continue;
    // What a server spends on all of its channels is not for the moderators of one.
    if (key !== 'broadcast') return `budget: ${arText(cost)} AR more would be over what this server may spend in ${what}`;
    return `budget: ${arText(cost)} AR more would be over ${arText(limit)} AR in ${what}, of which ${arText(spent.broadcast)} are spent`;
  }
  return undefined;
}
