import { readFile } from 'node:fs/promises';

/** Number of the newest segment that a media playlist lists; -1 for none. */
export function newestSegment(playlist: string): number {
  const first = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)$/m.exec(playlist)?.[1] ?? 0);
  return first + [...playlist.matchAll(/^#EXTINF:/gm)].length - 1;
}

/** The same for a playlist on disk; -1 while there is no such file. */
export async function newestSegmentIn(file: string): Promise<number> {
  return readFile(file, 'utf8').then(newestSegment, () => -1);
}

/** The same for a multivariant playlist over HTTP: follows it to its first variant, as a player does; -1 while there is none. */
export async function newestSegmentAt(master: string): Promise<number> {
  const variants = await fetch(master);
  const uri = (await variants.text()).split('\n').find((line) => line !== '' && !line.startsWith('#'));
  if (!variants.ok || uri === undefined) return -1;
  const media = await fetch(new URL(uri, master));
  return media.ok ? newestSegment(await media.text()) : -1;
}
