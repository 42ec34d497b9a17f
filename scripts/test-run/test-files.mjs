import { readdirSync } from 'node:fs';
import path from 'node:path';

const NOT_TESTS = ['support', 'fuzz', 'bench'].map((name) => path.join('test', name) + path.sep);
const END_TO_END = path.join('test', 'e2e') + path.sep;

/**
 * The test files whose path begins with one of the filters, or all of them without a filter.
 * `unit` may run side by side; `endToEnd` watches clocks, so each of these runs alone.
 */
export function listTestFiles(filters) {
  const files = readdirSync('test', { recursive: true })
    .map((name) => path.join('test', name))
    .filter((file) => file.endsWith('.ts') && !NOT_TESTS.some((folder) => file.startsWith(folder)))
    .filter((file) => filters.length === 0 || filters.some((filter) => file.startsWith(path.normalize(filter))))
    .sort();
  return { unit: files.filter((file) => !file.startsWith(END_TO_END)), endToEnd: files.filter((file) => file.startsWith(END_TO_END)) };
}
