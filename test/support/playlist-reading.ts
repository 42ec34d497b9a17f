/** One line that is a tag, with the line number that an editor shows. */
export interface ReadTag {
  name: string;
  value: string;
  line: number;
}

export interface ReadSegment {
  number: number;
  uri: string;
  /** Tags that stand before this segment's URI and after the one before. */
  tags: ReadTag[];
  /** NaN when the tag is missing or malformed. */
  durationSec: number;
  startsAtMs: number | undefined;
  /** Discontinuity sequence number. */
  discontinuity: number;
  initUri: string | undefined;
  isGap: boolean;
  line: number;
}

export interface ReadPlaylist {
  tags: ReadTag[];
  segments: ReadSegment[];
  /** Segment tags after the last URI. */
  dangling: ReadTag[];
  targetDurationSec: number;
  hasEnd: boolean;
}

export const SEGMENT_TAGS = new Set(['EXTINF', 'EXT-X-BYTERANGE', 'EXT-X-DISCONTINUITY', 'EXT-X-KEY', 'EXT-X-MAP', 'EXT-X-PROGRAM-DATE-TIME', 'EXT-X-GAP', 'EXT-X-BITRATE', 'EXT-X-PART']);

const ATTRIBUTE = /^([A-Z0-9-]+)=("[^"\r\n]*"|0[xX][0-9A-Fa-f]+|-?\d+(?:\.\d+)?|\d+x\d+|[^\s",]+)(?:,|$)/;

/** Tags of a playlist in order; comments and blank lines left out. */
export function readTags(text: string): { tags: ReadTag[]; uris: { uri: string; line: number }[] } {
  const tags: ReadTag[] = [];
  const uris: { uri: string; line: number }[] = [];
  text.split(/\r?\n/).forEach((content, i) => {
    const tag = /^#(EXT[^:]*)(?::(.*))?$/.exec(content);
    if (tag) tags.push({ name: tag[1] ?? '', value: tag[2] ?? '', line: i + 1 });
    else if (content !== '' && !content.startsWith('#')) uris.push({ uri: content, line: i + 1 });
  });
  return { tags, uris };
}

/** A media playlist as a player understands it. */
export function readMediaPlaylist(text: string): ReadPlaylist {
  const { tags, uris } = readTags(text);
  const numberOf = (name: string): number => Number(tags.find((tag) => tag.name === name)?.value ?? 0);
  let discontinuity = numberOf('EXT-X-DISCONTINUITY-SEQUENCE');
  let initUri: string | undefined;
  let line = 0;
  const segmentTags = tags.filter((tag) => SEGMENT_TAGS.has(tag.name));
  const segments = uris.map((entry, i): ReadSegment => {
    const own = segmentTags.filter((tag) => tag.line > line && tag.line < entry.line);
    const valueOf = (name: string): string | undefined => own.find((tag) => tag.name === name)?.value;
    line = entry.line;
    if (valueOf('EXT-X-DISCONTINUITY') !== undefined) discontinuity++;
    initUri = readAttributes(valueOf('EXT-X-MAP') ?? '').values.get('URI')?.slice(1, -1) ?? initUri;
    const date = valueOf('EXT-X-PROGRAM-DATE-TIME');
    return {
      number: numberOf('EXT-X-MEDIA-SEQUENCE') + i,
      uri: entry.uri,
      tags: own,
      durationSec: Number(/^(\d+(?:\.\d+)?),/.exec(valueOf('EXTINF') ?? '')?.[1] ?? NaN),
      startsAtMs: date === undefined ? undefined : Date.parse(date),
      discontinuity,
      initUri,
      isGap: valueOf('EXT-X-GAP') !== undefined,
      line: entry.line,
    };
  });
  return {
    tags,
    segments,
    dangling: segmentTags.filter((tag) => tag.line > line),
    targetDurationSec: numberOf('EXT-X-TARGETDURATION'),
    hasEnd: tags.some((tag) => tag.name === 'EXT-X-ENDLIST'),
  };
}

/** An attribute list (RFC 8216bis §4.2); `wrong` is what does not fit its syntax, or a name that comes twice. */
export function readAttributes(list: string): { values: Map<string, string>; wrong: string | undefined } {
  const values = new Map<string, string>();
  let rest = list;
  while (rest !== '') {
    const [whole = '', name = '', value = ''] = ATTRIBUTE.exec(rest) ?? [];
    if (whole === '') return { values, wrong: rest };
    if (values.has(name)) return { values, wrong: `${name} again` };
    values.set(name, value);
    rest = rest.slice(whole.length);
    if (rest === '' && whole.endsWith(',')) return { values, wrong: 'comma at the end' };
  }
  return { values, wrong: undefined };
}
