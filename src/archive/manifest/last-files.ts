import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { ContentHash } from '../cid/content-hash.js';
import type { ContentName } from '../cid/content-hash.js';

/** A file that is written when a broadcast has ended; in pieces when it may be long. */
export interface LastFile {
  /** At the top of the broadcast's folder. */
  name: string;
  text: string | AsyncIterable<string>;
}

/** Writes a file, and finds its CID on the way. What could not be written whole does not stay. */
export async function writeNamed(folder: string, { name, text }: LastFile): Promise<ContentName> {
  const file = path.join(folder, name);
  const hash = new ContentHash();
  const handle = await open(file, 'w', 0o644);
  try {
    for await (const piece of typeof text === 'string' ? [text] : text) {
      const bytes = Buffer.from(piece);
      await handle.appendFile(bytes);
      hash.update(bytes);
    }
    return hash.finish();
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}
