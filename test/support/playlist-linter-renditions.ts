import path from 'node:path';
import { readMediaPlaylist } from './playlist-reading.js';
import type { ReadPlaylist } from './playlist-reading.js';

const RENDITION_TOLERANCE_MS = 25;

/** Problems between the renditions of one broadcast at one moment, by name. */
export function lintRenditions(texts: Record<string, string>): string[] {
  const [first, ...others] = read(texts);
  return first === undefined ? [] : others.flatMap((other) => lintPair(first, other));
}

/** What the playlists of one moment say of each other; `<name>/index.m3u8` is where each of them is. */
export function lintReports(texts: Record<string, string>): string[] {
  const all = read(texts);
  return all.flatMap((one) => lintReportsOf(one, all));
}

function read(texts: Record<string, string>): NamedPlaylist[] {
  return Object.entries(texts).map(([name, text]) => ({ name, playlist: readMediaPlaylist(text) }));
}

interface NamedPlaylist {
  name: string;
  playlist: ReadPlaylist;
}

function lintPair(first: NamedPlaylist, { name, playlist }: NamedPlaylist): string[] {
  const problems = playlist.targetDurationSec === first.playlist.targetDurationSec ? [] : [`${name} and ${first.name} have different target durations (§6.2.4)`];
  const [ours, theirs] = [playlist, first.playlist].map(({ tags }) => tags.find((tag) => tag.name === 'EXT-X-SERVER-CONTROL')?.value);
  if (ours !== theirs && playlist.hasEnd === first.playlist.hasEnd) problems.push(`${name} and ${first.name} have different EXT-X-SERVER-CONTROL (§6.2.4)`);
  for (const segment of playlist.segments) {
    const same = first.playlist.segments.find((other) => other.number === segment.number);
    if (same === undefined) continue;
    const apartMs = Math.abs((segment.startsAtMs ?? NaN) - (same.startsAtMs ?? NaN));
    if (!(apartMs <= RENDITION_TOLERANCE_MS)) problems.push(`segment ${segment.number} starts at another time in ${name} than in ${first.name}: ${apartMs} ms (§6.2.4)`);
    if (segment.discontinuity !== same.discontinuity) problems.push(`segment ${segment.number} has discontinuity ${segment.discontinuity} in ${name} and ${same.discontinuity} in ${first.name} (§6.2.4)`);
  }
  return problems;
}

function lintReportsOf({ name, playlist }: NamedPlaylist, all: NamedPlaylist[]): string[] {
  if (playlist.partTargetSec === undefined || playlist.hasEnd) return [];
  const reports = new Map(playlist.reports.map((report) => [path.posix.dirname(path.posix.join(name, report.uri)), report]));
  const problems = reports.has(name) ? [`${name} has an EXT-X-RENDITION-REPORT of itself (§4.4.5.4)`] : [];
  for (const other of all.filter((one) => one.name !== name)) {
    const report = reports.get(other.name);
    if (report === undefined) problems.push(`${name} has no EXT-X-RENDITION-REPORT of ${other.name} (§B.1)`);
    else {
      const said = `${report.values.get('LAST-MSN')}.${report.values.get('LAST-PART')}`;
      const is = endOf(other.playlist);
      if (said !== is) problems.push(`${name} reports ${said} as the end of ${other.name}, and it is ${is} (§4.4.5.4)`);
    }
  }
  return problems;
}

/** Media sequence number and part index of the last part; 0 for a gap, since a player fills in its own when there is none. */
function endOf({ segments, open }: ReadPlaylist): string {
  const last = open ?? segments.at(-1);
  return `${last?.number}.${Math.max(0, (last?.parts.length ?? 0) - 1)}`;
}
