import { setTimeout as delay } from 'node:timers/promises';

/** What a test is, to what it opens. */
export interface Cleanup {
  after(work: () => unknown): unknown;
}

/** Asks until the answer is not undefined. Throws, with what was waited for, at the deadline. */
export async function until<T>(what: string, ask: () => Promise<T | undefined> | T | undefined, deadlineMs = 20_000): Promise<T> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > endMs) throw new Error(`waited ${deadlineMs} ms in vain: ${what}`);
    await delay(50);
  }
}
