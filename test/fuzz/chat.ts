/**
 * Sends hostile payloads to the real chat over real sockets: broken fields of every request, strange events, malformed
 * packets, bodies by long polling: `npm run fuzz -- chat --seed 1 --count 100000`. Prints a JSON summary; exits with 1
 * on a failure.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/platform/index.js';
import { fuzzChat } from './chat/run.js';

const { values } = parseArgs({
  // What runs this file may pass its own name first.
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, count: { type: 'string', default: '100000' }, from: { type: 'string', default: '0' } },
});

const cleanups: (() => unknown)[] = [];
const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-fuzz-'));
try {
  const summary = await fuzzChat({ after: (cleanup) => cleanups.push(cleanup) }, { dataDir: folder, seed: Number(values.seed), from: Number(values.from), count: Number(values.count) });
  process.stdout.write(`${JSON.stringify(summary, undefined, 2)}\n`);
  process.exitCode = summary.failures.length === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
  await rm(folder, { recursive: true, force: true });
}
