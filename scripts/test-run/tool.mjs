import { existsSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { onStopSignal } from '../set-up/server.mjs';
import { setUpForTests } from '../set-up/set-up.mjs';
import { Problem } from '../set-up/step.mjs';
import { signalGroup, startTypeScript } from './typescript.mjs';

/** Runs test/<kind>/<name>.ts with the arguments that follow the name: `npm run bench -- ingest --publishers=10`. */
export async function runTool(kind, [name, ...args]) {
  const names = toolNames(kind);
  if (!names.includes(name)) throw new Problem(`usage: npm run ${kind} -- <name> [arguments]\n  names: ${names.join(', ') || '(none yet)'}`);
  const { env } = await setUpForTests({ built: true });
  const child = startTypeScript(`test/${kind}/${name}.ts`, { args, env });
  onStopSignal((signal) => signalGroup(child, signal));
  process.exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

function toolNames(kind) {
  const folder = `test/${kind}`;
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -'.ts'.length)).sort();
}
