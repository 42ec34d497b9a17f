import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';

const run = promisify(execFile);

/** Why a test with a small disk is skipped; false where it can be mounted. */
export const noSmallDisk = process.getuid?.() === 0 ? false : 'mounting a small disk takes root';

/** A disk of so many MiB; it goes with the test. */
export async function mountSmallDisk(t: Test, sizeMiB: number): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidemark-disk-'));
  await run('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', folder]);
  t.after(async () => {
    await run('umount', ['-l', folder]);
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}
