import path from 'node:path';
import { openDatabase } from '../../support/accounts.js';
import { openArchive } from '../../support/archived-show.js';

/** Sound and two pictures. */
const RENDITIONS = 3;

/** Segments a second, from the end of a show to the last receipt: through the embedded database, with an Arweave in this process whose blocks cost nothing. */
export async function measureQueueing(folder: string, archived: number): Promise<number> {
  const cleanups: (() => unknown)[] = [];
  const cleanup = { after: (work: () => unknown) => cleanups.push(work) };
  try {
    const db = await openDatabase(cleanup, { url: '', dataDir: path.join(folder, 'queue') });
    const { open, admitted, workUntil } = await openArchive(cleanup, db);
    const archive = open();
    // It is written to the disk and waits; what is measured is what comes then.
    const id = await admitted(archive, { segments: archived });
    const startedMs = performance.now();
    await workUntil(archive, id, ['stored']);
    return (archived * RENDITIONS * 1_000) / (performance.now() - startedMs);
  } finally {
    for (const work of cleanups.reverse()) await work();
  }
}
