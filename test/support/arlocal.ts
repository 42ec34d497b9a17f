import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { end } from './publisher.js';
import type { Cleanup } from './until.js';

const folder = process.env['ARLOCAL_FOLDER'];

/** A local Arweave, one process that is node and gateway. */
export interface Arlocal {
  url: string;
  /** Makes blocks; what waits is in the last of them. */
  mine(blocks?: number): Promise<void>;
  mint(address: string, winston: bigint): Promise<void>;
  balanceOf(address: string): Promise<bigint>;
  /** Ids of the transactions that wait to be mined, items of bundles left out. */
  pending(): Promise<string[]>;
  /** Drops a transaction that was accepted, as nodes do when they run full. */
  drop(transactionId: string): Promise<void>;
}

/** Reason to skip what needs a local Arweave, or false. */
export const arlocalMissing = folder ? false : 'there is no local Arweave (ARLOCAL_FOLDER, which npm test finds or builds)';

/** Starts one with an empty weave. It ends with the test. */
export async function startArlocal(t: Cleanup): Promise<Arlocal> {
  const data = await mkdtemp(path.join(tmpdir(), 'tidemark-arlocal-'));
  // It writes a log where it is started.
  const child = spawn(process.execPath, [path.resolve('test/support/arlocal/server.mjs'), folder ?? '', data], { cwd: data, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(async () => {
    await end(child);
    await rm(data, { recursive: true, force: true });
  });
  return clientOf(`http://127.0.0.1:${await portOf(child)}`);
}

function portOf(child: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        printed = (printed + text).slice(-4_096);
        const port = /^port (\d+)$/m.exec(printed)?.[1];
        if (port !== undefined) resolve(port);
      });
    }
    child.once('exit', (code) => reject(new Error(`arlocal ended with ${code}: ${printed}`)));
  });
}

function clientOf(url: string): Arlocal {
  const ask = async (where: string, method = 'GET'): Promise<string> => {
    const response = await fetch(`${url}${where}`, { method });
    if (!response.ok) throw new Error(`arlocal answered ${response.status} to ${method} ${where}`);
    return response.text();
  };
  return {
    url,
    mine: async (blocks = 1) => void await ask(`/mine/${blocks}`),
    mint: async (address, winston) => void await ask(`/mint/${address}/${winston}`),
    balanceOf: async (address) => BigInt(await ask(`/wallet/${address}/balance`)),
    pending: async () => JSON.parse(await ask('/tx/pending')),
    drop: async (transactionId) => void await ask(`/tx/${transactionId}`, 'DELETE'),
  };
}
