import t from 'tap';
import { Process } from '../../src/platform/index.js';

function shell(script: string, options: { stdout?: boolean } = {}): Promise<Process> {
  return Process.start({ command: 'sh', args: ['-c', script], ...options });
}

t.test('a child that ends by itself is left to it', async (t) => {
  const child = await shell('echo trouble >&2; exit 3');
  t.same(await child.exitedWithin({ timeoutMs: 20_000, signal: new AbortController().signal }), { code: 3, signal: undefined, stderr: ['trouble'] });
});

t.test('a child is ended when its time is over or nobody wants it any more', async (t) => {
  const abort = new AbortController();
  const [late, unwanted] = [await shell('exec sleep 60'), await shell('exec sleep 60')];
  const exits = [late.exitedWithin({ timeoutMs: 50 }), unwanted.exitedWithin({ signal: abort.signal })];
  abort.abort();
  t.same((await Promise.all(exits)).map(({ signal }) => signal), ['SIGKILL', 'SIGKILL']);
  t.equal((await (await shell('exec sleep 60')).exitedWithin({ signal: abort.signal })).signal, 'SIGKILL', 'before it began, too');
});

t.test('what a child gives is kept up to a bound, and beyond it nothing', async (t) => {
  const [modest, endless] = [await shell('printf hello', { stdout: true }), await shell('exec yes', { stdout: true })];
  const [some, none] = [modest.collect(modest.stdout, 5), endless.collect(endless.stdout, 100_000)];
  t.same([(await modest.exited).code, Buffer.concat(some).toString()], [0, 'hello']);
  t.same([(await endless.exited).signal, none.length], ['SIGKILL', 0]);
});
