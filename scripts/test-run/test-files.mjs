import { readdirSync } from 'node:fs';
import path from 'node:path';

const NOT_TESTS = ['support', 'fuzz', 'bench'].map((name) => path.join('test', name) + path.sep);
const SYSTEM = path.join('test', 'system') + path.sep;
const END_TO_END = path.join('test', 'e2e') + path.sep;

/**
 * The test files whose path begins with one of the filters, or all of them without a filter, in the order in which they run.
 * `unit` and `system`, which starts whole servers, may run side by side; `endToEnd` watches clocks, so each of these runs alone.
 */
export function listTestFiles(filters) {
  const files = readdirSync('test', { recursive: true })
    .map((name) => path.join('test', name))
    .filter((file) => file.endsWith('.ts') && !NOT_TESTS.some((folder) => file.startsWith(folder)))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.startsWith(path.normalize(filter))))
    .sort();
  const system = files.filter((file) => file.startsWith(SYSTEM));
  const endToEnd = files.filter((file) => file.startsWith(END_TO_END));
  return { unit: files.filter((file) => !system.includes(file) && !endToEnd.includes(file)), system, endToEnd };
}
