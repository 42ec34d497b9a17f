/** Prints one line a file, what failed below it, and the count of all at the end. */
export class Report {
  passed = 0;
  failed = 0;
  skips = [];
  unsteady = [];

  add(testFile) {
    this.passed += testFile.passed;
    this.failed += testFile.failures.length;
    this.skips.push(...testFile.skips.map((name) => `${testFile.file}: ${name}`));
    print(`${testFile.ok ? 'ok  ' : 'FAIL'} ${testFile.file} (${testFile.passed} passed, ${(testFile.durationMs / 1000).toFixed(1)} s)`);
    if (testFile.ok) return;
    for (const failure of testFile.failures) print(indent(failure));
    if (testFile.stderr.trim() !== '') print(indent(`it printed:\n${testFile.stderr.trimEnd()}`));
  }

  /** A second try of a file stands in for the first. */
  addAgain(first, second) {
    this.passed -= first.passed;
    this.failed -= first.failures.length;
    this.skips = this.skips.filter((name) => !name.startsWith(`${first.file}: `));
    this.add(second);
    if (second.ok) this.unsteady.push(first.file);
  }

  addCheck(name, failure) {
    print(`${failure === undefined ? 'ok  ' : 'FAIL'} ${name}`);
    if (failure !== undefined) print(indent(failure));
    if (failure === undefined) this.passed += 1;
    else this.failed += 1;
  }

  /** Names what was left out, then the one line that tools read. */
  finish() {
    if (this.skips.length > 0) print(`\nleft out:\n${indent(this.skips.join('\n'))}`);
    if (this.unsteady.length > 0) print(`\nfailed at first, passed alone:\n${indent(this.unsteady.join('\n'))}`);
    const skipped = this.skips.length > 0 ? `, ${this.skips.length} skipped` : '';
    print(`\n${this.passed} passed, ${this.failed} failed${skipped}`);
  }
}

function print(text) {
  process.stdout.write(`${text}\n`);
}

function indent(text) {
  return text.replace(/^/gm, '     ');
}
