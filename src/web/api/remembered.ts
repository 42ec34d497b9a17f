import type { Remembered } from './session.js';

/** `localStorage`, or memory where the browser blocks it. */
export function remembered(): Remembered {
  try {
    return window.localStorage;
  } catch {
    const values = new Map<string, string>();
    return {
      getItem: (key) => values.get(key) ?? null,
      setItem: (key, value) => void values.set(key, value),
      removeItem: (key) => void values.delete(key),
    };
  }
}
