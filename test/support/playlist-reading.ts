/** One line that is a tag, with the line number that an editor shows. */
export interface ReadTag {
  name: string;
  value: string;
  line: number;
}

/** A partial segment (RFC 8216bis §4.4.4.9). */
export interface ReadPart {
  uri: string;
  /** NaN when the attribute is missing or malformed. */
  durationSec: number;
  isIndependent: boolean;
  isGap: boolean;
  values: Map<string, string>;
  line: number;
}

/** What a segment has before its URI: all there is of one that is still being made. */
export interface ReadStart {
  number: number;
  /** Tags that stand before this segment's URI and after the one before. */
  tags: ReadTag[];
  parts: ReadPart[];
  startsAtMs: number | undefined;
  /** Discontinuity sequence number. */
  discontinuity: number;
  initUri: string | undefined;
  isGap: boolean;
}

export interface ReadSegment extends ReadStart {
  uri: string;
  /** NaN when the tag is missing or malformed. */
  durationSec: number;
  line: number;
}

/** An EXT-X-PRELOAD-HINT or EXT-X-RENDITION-REPORT. */
export interface ReadAside {
  uri: string;
  values: Map<string, string>;
  line: number;
}

export interface ReadPlaylist {
  tags: ReadTag[];
  /** With those that a delta update leaves out, where the playlist before has them. */
  segments: ReadSegment[];
  /** How many of them are from the playlist before. */
  takenOver: number;
  /** The segment after the last URI, when parts of it are listed. */
  open: ReadStart | undefined;
  /** Segment tags after the last URI that no part follows. */
  dangling: ReadTag[];
  targetDurationSec: number;
  partTargetSec: number | undefined;
  /** Attributes of EXT-X-SERVER-CONTROL. */
  control: Map<string, string> | undefined;
  /** SKIPPED-SEGMENTS of a delta update. */
  skipped: number | undefined;
  hints: ReadAside[];
  reports: ReadAside[];
  hasEnd: boolean;
}

export const SEGMENT_TAGS = new Set(['EXTINF', 'EXT-X-BYTERANGE', 'EXT-X-DISCONTINUITY', 'EXT-X-KEY', 'EXT-X-MAP', 'EXT-X-PROGRAM-DATE-TIME', 'EXT-X-GAP', 'EXT-X-BITRATE', 'EXT-X-PART']);

const ATTRIBUTE = /^([A-Z0-9-]+)=("[^"\r\n]*"|0[xX][0-9A-Fa-f]+|-?\d+(?:\.\d+)?|\d+x\d+|[^\s",]+)(?:,|$)/;
const DECIMAL = /^\d+(?:\.\d+)?$/;

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

/**
 * A media playlist as a player understands it.
 * @param before what the player had, for the segments that a delta update skips (RFC 8216bis §6.3.7).
 */
export function readMediaPlaylist(text: string, before?: ReadPlaylist): ReadPlaylist {
  const { tags, uris } = readTags(text);
  const valueOf = (name: string): string | undefined => tags.find((tag) => tag.name === name)?.value;
  const skip = valueOf('EXT-X-SKIP');
  const skipped = skip === undefined ? undefined : Number(readAttributes(skip).values.get('SKIPPED-SEGMENTS') ?? NaN);
  const firstNumber = Number(valueOf('EXT-X-MEDIA-SEQUENCE') ?? 0);
  const listedFrom = firstNumber + (skipped || 0);
  const known = before?.segments.filter(({ number }) => number >= firstNumber && number < listedFrom).map((segment) => ({ ...segment, parts: [] })) ?? [];
  const last = known.at(-1);
  const state = { number: listedFrom, discontinuity: last?.discontinuity ?? Number(valueOf('EXT-X-DISCONTINUITY-SEQUENCE') ?? 0), initUri: last?.initUri };
  const { segments, rest } = readSegments(tags.filter((tag) => SEGMENT_TAGS.has(tag.name)), uris, state);
  const open = readStart(rest, state);
  const control = valueOf('EXT-X-SERVER-CONTROL');
  const partInf = valueOf('EXT-X-PART-INF');
  return {
    tags,
    segments: [...known, ...segments],
    takenOver: known.length,
    open: open.parts.length > 0 ? open : undefined,
    dangling: open.parts.length > 0 ? [] : rest,
    targetDurationSec: Number(valueOf('EXT-X-TARGETDURATION') ?? 0),
    partTargetSec: partInf === undefined ? undefined : decimalOf(readAttributes(partInf).values.get('PART-TARGET')),
    control: control === undefined ? undefined : readAttributes(control).values,
    skipped,
    hints: tags.filter((tag) => tag.name === 'EXT-X-PRELOAD-HINT').map(readAside),
    reports: tags.filter((tag) => tag.name === 'EXT-X-RENDITION-REPORT').map(readAside),
    hasEnd: valueOf('EXT-X-ENDLIST') !== undefined,
  };
}

/** What goes from one segment to the next. */
interface RunningState {
  number: number;
  discontinuity: number;
  initUri: string | undefined;
}

function readSegments(tags: ReadTag[], uris: { uri: string; line: number }[], state: RunningState): { segments: ReadSegment[]; rest: ReadTag[] } {
  let at = 0;
  const segments = uris.map(({ uri, line }): ReadSegment => {
    const from = at;
    while ((tags[at]?.line ?? Infinity) < line) at++;
    const start = readStart(tags.slice(from, at), state);
    state.number++;
    const duration = start.tags.find((tag) => tag.name === 'EXTINF')?.value ?? '';
    return { ...start, uri, line, durationSec: Number(/^(\d+(?:\.\d+)?),/.exec(duration)?.[1] ?? NaN) };
  });
  return { segments, rest: tags.slice(at) };
}

function readStart(tags: ReadTag[], state: RunningState): ReadStart {
  const valueOf = (name: string): string | undefined => tags.find((tag) => tag.name === name)?.value;
  if (valueOf('EXT-X-DISCONTINUITY') !== undefined) state.discontinuity++;
  state.initUri = unquoted(readAttributes(valueOf('EXT-X-MAP') ?? '').values.get('URI')) ?? state.initUri;
  const date = valueOf('EXT-X-PROGRAM-DATE-TIME');
  return {
    number: state.number,
    tags,
    parts: tags.filter((tag) => tag.name === 'EXT-X-PART').map(readPart),
    startsAtMs: date === undefined ? undefined : Date.parse(date),
    discontinuity: state.discontinuity,
    initUri: state.initUri,
    isGap: valueOf('EXT-X-GAP') !== undefined,
  };
}

function readPart({ value, line }: ReadTag): ReadPart {
  const { values } = readAttributes(value);
  return {
    uri: unquoted(values.get('URI')) ?? '',
    durationSec: decimalOf(values.get('DURATION')),
    isIndependent: values.get('INDEPENDENT') === 'YES',
    isGap: values.get('GAP') === 'YES',
    values,
    line,
  };
}

function readAside({ value, line }: ReadTag): ReadAside {
  const { values } = readAttributes(value);
  return { uri: unquoted(values.get('URI')) ?? '', values, line };
}

function unquoted(value: string | undefined): string | undefined {
  return value?.slice(1, -1);
}

/** A decimal-floating-point (RFC 8216bis §4.2); NaN when it is none. */
export function decimalOf(value: string | undefined): number {
  return value !== undefined && DECIMAL.test(value) ? Number(value) : NaN;
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
