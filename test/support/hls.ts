import { lintMediaPlaylist, lintMultivariantPlaylist, lintSeries } from './playlist-linter.js';
import { until } from './until.js';

export interface ListedSegment {
  number: number;
  uri: string;
  initUri: string;
  durationSec: number;
  startsAtMs: number;
  isAfterDiscontinuity: boolean;
  isGap: boolean;
}

/** What each address answered last for a broadcast, so that a playlist is judged by what came before it. */
const latest = new Map<string, string>();

/** Fetches a playlist and holds it against the RFC; undefined while there is none. Throws with the rules that it breaks. */
export async function findPlaylist(url: string): Promise<string | undefined> {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) return undefined;
  const broadcast = `${url} ${/\/media\/[0-9a-f-]+\//.exec(text)?.[0] ?? ''}`;
  const before = latest.get(broadcast);
  const problems = url.endsWith('/master.m3u8') ? lintMultivariantPlaylist(text) : [...lintMediaPlaylist(text), ...lintSeries(before === undefined ? [text] : [before, text])];
  latest.set(broadcast, text);
  if (problems.length > 0) throw new Error(`${url} breaks RFC 8216bis:\n${problems.join('\n')}\n${text}`);
  return text;
}

/** The entries of a media playlist. */
export function segmentsOf(playlist: string): ListedSegment[] {
  const segments: ListedSegment[] = [];
  let number = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(playlist)?.[1] ?? 0);
  let next = { initUri: '', durationSec: 0, startsAtMs: 0, isAfterDiscontinuity: false, isGap: false };
  for (const line of playlist.split('\n')) {
    if (line.startsWith('#EXT-X-MAP:')) next.initUri = /URI="([^"]+)"/.exec(line)?.[1] ?? '';
    else if (line.startsWith('#EXTINF:')) next.durationSec = Number.parseFloat(line.slice(8));
    else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) next.startsAtMs = Date.parse(line.slice(25));
    else if (line === '#EXT-X-DISCONTINUITY') next.isAfterDiscontinuity = true;
    else if (line === '#EXT-X-GAP') next.isGap = true;
    else if (line !== '' && !line.startsWith('#')) {
      segments.push({ number: number++, uri: line, ...next });
      next = { ...next, isAfterDiscontinuity: false, isGap: false };
    }
  }
  return segments;
}

/** Waits for a media playlist that satisfies a condition. */
export async function untilPlaylist(url: string, what: string, isEnough: (playlist: string) => boolean, deadlineMs?: number): Promise<string> {
  return until(what, async () => {
    const text = await findPlaylist(url);
    return text !== undefined && isEnough(text) ? text : undefined;
  }, deadlineMs);
}

/** Init segment and media segments of one rendition as one file. */
export async function download(origin: string, segments: ListedSegment[]): Promise<Buffer> {
  const first = segments[0];
  if (first === undefined) throw new Error('nothing to download');
  const parts = await Promise.all([first.initUri, ...segments.map((segment) => segment.uri)].map(async (uri) => {
    const response = await fetch(new URL(uri, origin));
    if (!response.ok) throw new Error(`${uri} answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }));
  return Buffer.concat(parts);
}
