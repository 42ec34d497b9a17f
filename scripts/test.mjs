import { constants } from 'node:os';
import { lastLines, run } from './set-up/command.mjs';
import { onStopSignal } from './set-up/server.mjs';
import { setUpForTests } from './set-up/set-up.mjs';
import { Problem, main, step } from './set-up/step.mjs';
import { Report } from './test-run/report.mjs';
import { TestFile } from './test-run/test-file.mjs';
import { listTestFiles } from './test-run/test-files.mjs';

const JOBS = 2;
const UNIT_TIMEOUT_MS = 120_000;
const SERVER_TIMEOUT_MS = 300_000;
/** So many files are tried once more, alone: a busy machine may have been in their way. More of them is no accident. */
const MAX_TRIED_AGAIN = 5;

const filters = process.argv.slice(2);
const report = new Report();
const running = new Set();
const failed = [];

await main(async () => {
  onStopSignal(stop);
  const files = listTestFiles(filters);
  const withServers = [...files.system, ...files.endToEnd];
  if (files.unit.length + withServers.length === 0) throw new Problem(`no test file begins with ${filters.join(' or ')}`);
  const found = await setUpForTests({ built: withServers.length > 0 });
  // Servers of tests run beside each other.
  const env = { ...process.env, ...found.env, WEBRTC_PORT: '0' };
  if (filters.length === 0) await checkTypes();
  await runFiles(files.unit, { env, jobs: JOBS, timeoutMs: UNIT_TIMEOUT_MS });
  await runFiles(files.system, { env, jobs: JOBS, timeoutMs: SERVER_TIMEOUT_MS });
  await runFiles(files.endToEnd, { env, jobs: 1, timeoutMs: SERVER_TIMEOUT_MS });
  await tryAgain({ env, timeoutMs: SERVER_TIMEOUT_MS });
});
finish();

async function checkTypes() {
  for (const project of ['tsconfig.json', 'src/web/tsconfig.json']) {
    const { code, output } = await step(`checking types of ${project}`, () => run(process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit', '-p', project]));
    report.addCheck(`types of ${project}`, code === 0 ? undefined : lastLines(output, 60));
  }
}

async function runFiles(names, { env, jobs, timeoutMs }) {
  const { Parser } = await import('tap-parser');
  const waiting = [...names];
  const worker = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const testFile = await runFile(name, { Parser, env, timeoutMs });
      if (!testFile.ok) failed.push(testFile);
      report.add(testFile);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

async function runFile(name, options) {
  const testFile = new TestFile(name);
  running.add(testFile);
  await testFile.run(options);
  running.delete(testFile);
  return testFile;
}

/** What holds alone and not beside others is named at the end of the report. */
async function tryAgain(options) {
  if (failed.length > MAX_TRIED_AGAIN) return;
  const { Parser } = await import('tap-parser');
  for (const first of failed) report.addAgain(first, await runFile(first.file, { ...options, Parser }));
}

/** The files lead process groups of their own, which a Ctrl-C in the terminal does not reach. */
function stop(signal) {
  for (const testFile of running) testFile.kill();
  process.exit(128 + constants.signals[signal]);
}

/** A run that could not be set up is a failed one; under CI a part that is missing is too. */
function finish() {
  if (process.exitCode) report.failed += 1;
  report.finish();
  if (report.failed > 0 || (process.env.CI && report.skips.length > 0)) process.exitCode = 1;
}
