import { test } from 'tap';
import { letHeapGrow, runProcess } from '../../src/platform/index.js';

test('V8 knows the setting, and takes it while it runs', async (t) => {
  const { stdout } = await runProcess({ command: process.execPath, args: ['--v8-options'], timeoutMs: 10_000 });
  t.match(stdout, /^ +--heap-growing-percent /m, 'V8 says nothing when it does not know a flag');
  t.doesNotThrow(letHeapGrow);
});
