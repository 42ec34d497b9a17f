import { spawn } from 'node:child_process';

const START_LIMIT_MS = 10_000;

/**
 * Starts a worker the way mediasoup does and ends it as soon as it reports to be running (some 20 ms).
 * Answers what keeps it from that, in words, or undefined when nothing does.
 */
export function failureOf(file) {
  return new Promise((resolve) => {
    const child = spawn(file, [], { env: { ...process.env, MEDIASOUP_VERSION: 'set-up' }, stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] });
    let printed = '';
    const timer = setTimeout(() => end('it does not get ready'), START_LIMIT_MS);
    const end = (failure) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      resolve(failure);
    };
    for (const stream of child.stdio) stream?.on('error', () => undefined); // The channel breaks when it exits: `close` says more.
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => { printed += text; });
    // Its messages are FlatBuffers; this one is addressed by the process id.
    child.stdio[4]?.on('data', (bytes) => { if (bytes.includes(String(child.pid))) end(undefined); });
    child.on('error', (error) => end(error.code === 'ENOENT' ? 'there is no such file' : error.message));
    child.on('close', (code, signal) => end(printed.trim().split('\n').at(-1) || `it ends with ${signal ?? `code ${code}`}`));
  });
}
