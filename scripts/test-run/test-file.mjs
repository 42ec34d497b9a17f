import { signalGroup, startTypeScript } from './typescript.mjs';

const STDERR_LIMIT = 64 * 1024;
/** What the parser says of a file that printed no TAP; its exit code tells the rest. */
const NO_OUTPUT = 'no tests found';

/**
 * Runs one test file and reads the TAP it prints.
 * One process a file, not tap's own runner: that one, with several jobs, leaves out the results of other files when one
 * hangs, and it does not end the children (FFmpeg, nginx) of a test that it gave up.
 */
export class TestFile {
  passed = 0;
  /** Failed assertions as lines to print. */
  failures = [];
  /** Names of what was left out, with the reason. */
  skips = [];
  stderr = '';
  durationMs = 0;
  #child;

  constructor(file) {
    this.file = file;
  }

  async run({ Parser, env, timeoutMs }) {
    const startedMs = Date.now();
    // Tests inside the file are given up, with a report, before the file as a whole is.
    const child = this.#child = startTypeScript(this.file, { env: { ...env, TAP_TIMEOUT: String(timeoutMs / 1000) }, stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => {
      this.failures.push(`${this.file}: did not end within ${timeoutMs / 1000} s and 10 s more`);
      this.kill();
    }, timeoutMs + 10_000);
    child.stderr.setEncoding('utf8').on('data', (text) => { this.stderr = (this.stderr + text).slice(-STDERR_LIMIT); });
    this.#read(child.stdout.pipe(new Parser()));
    const { code, signal } = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        this.kill();
        child.once('close', () => resolve({ code, signal }));
      });
    });
    clearTimeout(timer);
    this.durationMs = Date.now() - startedMs;
    this.#judge(code, signal);
  }

  /** Ends the file and everything that it started. */
  kill() {
    if (this.#child) signalGroup(this.#child, 'SIGKILL');
  }

  get ok() {
    return this.failures.length === 0;
  }

  #read(parser, names = []) {
    let child;
    parser.on('child', (inner) => {
      child = inner;
      this.#read(inner, [...names, inner.name]);
    });
    parser.on('assert', (result) => {
      const isSummary = child?.name === result.name;
      child = undefined;
      this.#count(result, names, isSummary);
    });
    parser.on('complete', ({ plan }) => {
      if (plan?.skipAll) this.#countEmpty(names, plan.skipReason);
    });
  }

  /** A plan of `1..0` is a test that was left out for a reason, or one that checks nothing. */
  #countEmpty(names, reason) {
    if (reason !== '' && reason !== NO_OUTPUT) this.skips.push([...names, reason].join(': '));
    else if (names.length > 0) this.failures.push(`${names.join(' > ')}: asserts nothing`);
  }

  #count(result, names, isSummary) {
    const name = [...names, result.name].join(' > ');
    if (isSummary || result.todo) return;
    if (result.skip) this.skips.push(result.skip === true ? name : `${name}: ${result.skip}`);
    else if (result.ok) this.passed += 1;
    else this.failures.push(describe(name, result.diag ?? {}));
  }

  #judge(code, signal) {
    if (!this.ok) return;
    if (code !== 0) this.failures.push(`${this.file}: ended with ${signal ?? `exit code ${code}`}`);
    else if (this.passed === 0 && this.skips.length === 0) this.failures.push(`${this.file}: asserts nothing`);
  }
}

function describe(name, diag) {
  const { at, diff, source, stack, found, wanted, ...rest } = diag;
  const where = at?.fileName && !stack ? `at ${at.fileName}:${at.lineNumber}` : '';
  const values = diff ? [diff] : [['found', found], ['wanted', wanted]].filter(([, value]) => value !== undefined).map(([label, value]) => `${label}: ${JSON.stringify(value)}`);
  const extra = Object.keys(rest).length > 0 ? JSON.stringify(rest) : '';
  return [name, where, ...values, stack ?? '', extra].filter((text) => text !== '').map((text) => text.trimEnd()).join('\n');
}
