import { setFlagsFromString } from 'node:v8';

/** Garbage that the heap may gather, in percent of what survived the last collection. */
const GROWTH_PERCENT = 200;

/**
 * Lets the heap gather more garbage before it is collected. V8 counts memory outside its heap as growth of it: with
 * a small heap and much media, it would look at the whole heap after every few megabytes that come in. Memory of
 * media is bounded all the same: V8 also collects after 64 MiB of it.
 */
export function letHeapGrow(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}
