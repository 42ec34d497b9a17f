/**
 * How long a chat message takes to everybody in a big room, beside bare Socket.IO that broadcasts the same packet
 * without a database and without rules; and how many aggregates go out for how many reactions.
 *
 *   npm run bench -- chat [--sockets 2000] [--rate 50] [--seconds 10] [--rounds 3] [--taps 10] [--database embedded|postgres] [--out bench-output/chat.json]
 *
 * One process plays all clients, on raw WebSockets; the time is from the moment at which it writes a message to the one
 * at which it has it from each of them. Server, database and clients share the cores. Linux only: it reads /proc.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { messageOf } from '../../src/platform/index.js';
import { parseOptions } from './chat/options.js';
import type { ChatOptions } from './chat/options.js';
import { measurementText, summarise, summaryText } from './chat/report.js';
import { measureChat } from './chat/round.js';
import type { ChatMeasurement } from './chat/round.js';
import { prepare, startRaw, startTidemark } from './chat/site.js';
import { Children } from './measure/children.js';
import { describeMachine } from './measure/machine.js';

const args = process.argv.slice(2);
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
/** So many that none of them reaches the limit of one account. */
const WRITERS = 150;

try {
  await run(parseOptions(args));
} catch (error) {
  say(messageOf(error));
  process.exitCode = 1;
}

async function run(options: ChatOptions): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-bench-chat-'));
  const children = new Children();
  const closing: (() => unknown)[] = [];
  try {
    const accounts = 1 + (options.taps === 0 ? WRITERS : Math.max(WRITERS, options.sockets));
    const { databaseUrl, tokens } = await prepare({ after: (work) => closing.push(work) }, { folder, accounts, database: options.database });
    const [tidemark, raw] = [await startTidemark({ folder, databaseUrl, children, signal: interrupted.signal }), await startRaw({ children, signal: interrupted.signal })];
    const messages: ChatMeasurement[] = [];
    for (let round = 1; round <= options.rounds; round++) {
      // Whoever runs first has no lasting advantage.
      for (const system of round % 2 === 1 ? [tidemark, raw] : [raw, tidemark]) {
        interrupted.signal.throwIfAborted();
        messages.push(tell(await measureChat(system, round, { folder, children, ...options, tokens: tokens.slice(0, Math.min(WRITERS, options.sockets)), taps: 0 })));
      }
    }
    const reactions = options.taps === 0 ? [] : [tell(await measureChat(tidemark, 1, { folder, children, ...options, tokens: tokens.slice(0, options.sockets) }))];
    await conclude(options, messages, reactions);
  } finally {
    await children.stopAll();
    for (const close of closing) await close();
    await rm(folder, { recursive: true, force: true });
  }
}

function tell(measurement: ChatMeasurement): ChatMeasurement {
  say(measurementText(measurement));
  return measurement;
}

async function conclude({ out, ...settings }: ChatOptions, messages: ChatMeasurement[], reactions: ChatMeasurement[]): Promise<void> {
  const summary = summarise(messages);
  const document = {
    benchmark: 'chat',
    date: new Date().toISOString(),
    command: ['npm run bench -- chat', ...args].join(' '),
    machine: describeMachine(),
    loadAverage: loadavg().map((value) => Number(value.toFixed(2))),
    settings, messages, reactions, summary,
  };
  await mkdir(path.dirname(out), { recursive: true });
  await writeFile(out, `${JSON.stringify(document, null, 2)}\n`);
  say(`${summaryText(summary)}\n\n${out}`);
  if (messages.some(({ delivered, sent, closed }) => closed > 0 || delivered < sent * settings.sockets)) process.exitCode = 1;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
