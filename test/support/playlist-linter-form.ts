import { readAttributes } from './playlist-reading.js';
import type { ReadTag } from './playlist-reading.js';

export const PLAYLIST_ONCE = ['EXTM3U', 'EXT-X-VERSION', 'EXT-X-INDEPENDENT-SEGMENTS', 'EXT-X-START'];

const INTEGER_TAGS: Record<string, string> = { 'EXT-X-VERSION': '4.4.1.2', 'EXT-X-TARGETDURATION': '4.4.3.1', 'EXT-X-MEDIA-SEQUENCE': '4.4.3.2', 'EXT-X-DISCONTINUITY-SEQUENCE': '4.4.3.3' };
const VALUELESS_TAGS = ['EXTM3U', 'EXT-X-INDEPENDENT-SEGMENTS', 'EXT-X-DISCONTINUITY', 'EXT-X-GAP', 'EXT-X-ENDLIST', 'EXT-X-I-FRAMES-ONLY'];
const ATTRIBUTE_TAGS = ['EXT-X-MAP', 'EXT-X-MEDIA', 'EXT-X-STREAM-INF', 'EXT-X-KEY', 'EXT-X-START', 'EXT-X-SERVER-CONTROL', 'EXT-X-PART-INF', 'EXT-X-PART', 'EXT-X-SKIP', 'EXT-X-PRELOAD-HINT', 'EXT-X-RENDITION-REPORT'];

/**
 * What holds for playlists of both kinds: text, tags that belong here, values of the right form.
 * @param once tags that may come at most once; `others` as often as they like.
 */
export function lintForm(text: string, tags: ReadTag[], once: string[], others: string[]): string[] {
  const problems: string[] = [];
  if (!text.startsWith('#EXTM3U')) problems.push('line 1: the first line is not #EXTM3U (§4.4.1.1)');
  if (!text.endsWith('\n')) problems.push('the last line has no end (§4.1)');
  if (/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff]/.test(text)) problems.push('the text has a control character or a byte order mark (§4.1)');
  for (const name of once) if (tags.filter((tag) => tag.name === name).length > 1) problems.push(`${name} comes twice (§4.4)`);
  for (const tag of tags) {
    if (!once.includes(tag.name) && !others.includes(tag.name)) problems.push(`line ${tag.line}: ${tag.name} does not belong here (§4.1)`);
    problems.push(...lintValue(tag));
  }
  return problems;
}

function lintValue({ name, value, line }: ReadTag): string[] {
  if (name in INTEGER_TAGS && !/^\d{1,20}$/.test(value)) return [`line ${line}: ${name} is "${value}", not a whole number (§${INTEGER_TAGS[name]})`];
  if (VALUELESS_TAGS.includes(name) && value !== '') return [`line ${line}: ${name} takes no value (§4.1)`];
  const wrong = ATTRIBUTE_TAGS.includes(name) ? readAttributes(value).wrong : undefined;
  return wrong === undefined ? [] : [`line ${line}: ${name} breaks the attribute syntax at "${wrong}" (§4.2)`];
}
