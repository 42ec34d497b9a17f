import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { setStretch, wantedStretch } from '../../platform/index.js';
import type { Stretch } from '../../platform/index.js';
import { FileNotFound } from '../errors.js';
import type { StoredFile } from '../live.js';

const YEAR_SEC = 31_536_000;

/** Answers with a segment, a part or an init segment, or one range of it; from memory or disk. */
export async function sendMedia(request: Request, response: Response, stored: StoredFile, name: string): Promise<void> {
  const stretch = wantedStretch(request, response, stored.sizeBytes);
  const file = 'file' in stored && request.method !== 'HEAD' ? await openFile(stored.file) : undefined;
  setStretch(response, stretch, stored.sizeBytes);
  response.set({
    'Content-Type': name.endsWith('.mp4') ? 'video/mp4' : 'video/iso.segment',
    'Cache-Control': `public, max-age=${YEAR_SEC}, immutable`,
  });
  if (request.method === 'HEAD') response.end();
  else if ('buffers' in stored) sendBuffers(response, stored.buffers, stretch);
  else if (file !== undefined) await sendFile(response, file, stretch, stored.offsetBytes ?? 0);
}

/** Between the look-up and the read, the window may have moved on. */
async function openFile(file: string): Promise<FileHandle> {
  try {
    return await open(file);
  } catch (cause) {
    throw new FileNotFound({ cause });
  }
}

async function sendFile(response: Response, file: FileHandle, { start, end }: Stretch, offsetBytes: number): Promise<void> {
  // A player that went away is no failure; a disk that fails in the middle has cut the connection already.
  await pipeline(file.createReadStream({ start: offsetBytes + start, end: offsetBytes + end }), response).catch(() => undefined);
}

/** Writes the packager's own buffers to the socket: nothing is joined or copied. */
function sendBuffers(response: Response, buffers: Buffer[], { start, end }: Stretch): void {
  response.cork();
  let at = 0;
  for (const buffer of buffers) {
    const piece = buffer.subarray(Math.max(0, start - at), Math.max(0, end + 1 - at));
    if (piece.length > 0) response.write(piece);
    at += buffer.length;
  }
  response.end();
}
