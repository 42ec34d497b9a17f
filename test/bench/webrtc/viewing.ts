import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Child, Children } from '../measure/children.js';

const PROGRAM = path.resolve('test/bench/webrtc/receivers.mjs');

const counts = z.object({ atMs: z.number(), sent: z.number(), received: z.number(), bytes: z.number(), droppedHere: z.number() });
const joined = z.object({
  /** From the offer to the first packet of the picture, ms: of viewers who came one by one, and of the crowd. */
  alone: z.array(z.number()),
  crowd: z.array(z.number()),
  /** From the offer of the crowd's viewers to the answer, ms. */
  answerMs: z.array(z.number()),
  /** How long it took the crowd to get in. */
  crowdSec: z.number(),
  /** Viewers who did not get in, by reason. */
  errors: z.record(z.string(), z.number()),
});
const line = z.union([z.object({ joined }), z.object({ from: counts }), z.object({ to: counts }), z.object({ left: z.number() })]);

export type Counts = z.infer<typeof counts>;
export type Joined = z.infer<typeof joined>;

export interface ViewingOptions {
  url: string;
  count: number;
  /** Those of them who come one after the other, before the crowd. */
  alone: number;
  /** Of the crowd, so many ask to join at the same time. */
  atOnce: number;
  seconds: number;
  /** Whether they watch together for `seconds`, or leave as soon as they have a picture. */
  stay: boolean;
  certificate: string;
  key: string;
  srtp: 'gcm' | 'cm';
}

export interface Viewing {
  joined: Joined;
  from: Counts | undefined;
  to: Counts | undefined;
}

/** Viewers in a process of their own, which lets the servers go first. @param onStretch called at the ends of the time that counts. */
export async function view(options: ViewingOptions, { children, onStretch }: { children: Children; onStretch: (end: 'from' | 'to') => void }): Promise<Viewing> {
  const child = await children.start({ command: 'nice', args: ['-n', '5', process.execPath, PROGRAM, JSON.stringify(options)], stdout: true });
  let joinedLine: Joined | undefined;
  let [from, to]: (Counts | undefined)[] = [];
  for await (const text of createInterface(child.stdout)) {
    const said = line.parse(JSON.parse(text));
    if ('joined' in said) joinedLine = said.joined;
    else if ('from' in said) from = said.from;
    else if ('to' in said) to = said.to;
    if ('from' in said || 'to' in said) onStretch('from' in said ? 'from' : 'to');
  }
  return { joined: joinedLine ?? (await complain(child)), from, to };
}

async function complain(child: Child): Promise<never> {
  await child.stop();
  throw new Error(`the receivers ${child.lastWords}`);
}
