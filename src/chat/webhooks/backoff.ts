/** Before one event is tried again: three times as long each time, up to an hour. */
const DELIVERY_BASE_MS = 10_000;
const DELIVERY_MAX_MS = 3_600_000;
/** Before a receiver that takes nothing is tried again. */
const HOOK_BASE_MS = 5_000;
const HOOK_MAX_MS = 600_000;

/** @param attempts that failed. @param random 0 to 1: not all come back at the same moment. */
export function deliveryBackoffMs(attempts: number, random: number): number {
  return jittered(Math.min(DELIVERY_BASE_MS * 3 ** (attempts - 1), DELIVERY_MAX_MS), random);
}

/** @param failures in a row. @param random as above. */
export function hookBackoffMs(failures: number, random: number): number {
  return jittered(Math.min(HOOK_BASE_MS * 2 ** (failures - 1), HOOK_MAX_MS), random);
}

/** Three quarters to five quarters. */
function jittered(ms: number, random: number): number {
  return Math.round(ms * (0.75 + random / 2));
}
