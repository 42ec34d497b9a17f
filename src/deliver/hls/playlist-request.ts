import type { PlaylistEdge } from '../live.js';
import { PlaylistRequestRefused } from '../errors.js';

/** What a player asks of a media playlist by its query (RFC 8216bis §6.2.5). */
export interface PlaylistRequest {
  /** Wait until this media sequence number is listed … */
  msn: number | undefined;
  /** … or this part of it. */
  part: number | undefined;
  /** Leave out what the player has. */
  isDelta: boolean;
}

/** One spelling for each number: a cache in front knows a question by its text. */
const WHOLE_NUMBER = /^(?:0|[1-9]\d{0,8})$/;
/** nginx/tidemark.conf reads as many, and passes on what has more. */
const MAX_ARGUMENTS = 50;
/** EXT-X-DATERANGE is never sent, so that leaving it out too is the same. */
const SKIPS = new Set(['YES', 'v2']);
/** Segments that a player may ask for before their time. */
const ADVANCE_SEGMENTS = 2;
const ADVANCE_SEC = 3;

/**
 * Reads `_HLS_msn`, `_HLS_part` and `_HLS_skip`; anything else in the query means nothing here.
 * @throws {PlaylistRequestRefused} when one of them is no number or makes no sense alone, and when there are too many.
 */
export function readPlaylistRequest(query: Record<string, unknown>): PlaylistRequest {
  if (Object.values(query).flat().length > MAX_ARGUMENTS) throw new PlaylistRequestRefused(`a playlist is asked for with at most ${MAX_ARGUMENTS} arguments`);
  const msn = wholeNumber(query, '_HLS_msn');
  const part = wholeNumber(query, '_HLS_part');
  if (part !== undefined && msn === undefined) throw new PlaylistRequestRefused('_HLS_part says nothing without _HLS_msn');
  const skip = query['_HLS_skip'];
  if (skip !== undefined && !(typeof skip === 'string' && SKIPS.has(skip))) throw new PlaylistRequestRefused('_HLS_skip is YES or v2');
  return { msn, part, isDelta: skip !== undefined };
}

function wholeNumber(query: Record<string, unknown>, name: string): number | undefined {
  const value = query[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !WHOLE_NUMBER.test(value)) throw new PlaylistRequestRefused(`${name} is a whole number of at most nine digits, without zeros before it`);
  return Number(value);
}

/**
 * Refuses to wait for what is too far away (RFC 8216bis §6.2.5.2): the player has got another playlist.
 * @throws {PlaylistRequestRefused}
 */
export function checkDistance(edge: PlaylistEdge, { msn, part }: PlaylistRequest): void {
  if (edge.hasEnded || msn === undefined) return;
  if (msn > edge.lastNumber + ADVANCE_SEGMENTS) {
    throw new PlaylistRequestRefused(`_HLS_msn is ${msn}; the last segment is ${edge.lastNumber}, and at most ${ADVANCE_SEGMENTS} more are waited for`);
  }
  const partTargetSec = edge.partTargetMs / 1000;
  const limit = partTargetSec < 1 ? Math.ceil(ADVANCE_SEC / partTargetSec) : ADVANCE_SEC;
  if (part !== undefined && msn >= edge.lastNumber && part > partsOf(edge, msn) - 1 + limit) {
    throw new PlaylistRequestRefused(`_HLS_part is ${part}; at most ${limit} parts after the last one are waited for`);
  }
}

function partsOf(edge: PlaylistEdge, msn: number): number {
  if (msn === edge.lastNumber) return edge.lastParts;
  return msn === edge.lastNumber + 1 ? edge.openParts : 0;
}

/** Whether the playlist has what the request waits for. A part that its segment turned out not to have is the first of the next. */
export function isReached(edge: PlaylistEdge, { msn, part }: PlaylistRequest): boolean {
  if (edge.hasEnded || msn === undefined) return true;
  if (part === undefined) return msn <= edge.lastNumber;
  if (msn < edge.lastNumber) return true;
  if (msn === edge.lastNumber) return part < edge.lastParts || edge.openParts > 0;
  return msn === edge.lastNumber + 1 && part < edge.openParts;
}
