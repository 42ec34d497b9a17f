import { PLAYLIST_ONCE, lintForm } from './playlist-linter-form.js';
import { readAttributes, readMediaPlaylist, readTags } from './playlist-reading.js';
import type { ReadTag } from './playlist-reading.js';

const MULTIVARIANT_TAGS = ['EXT-X-MEDIA', 'EXT-X-STREAM-INF', 'EXT-X-I-FRAME-STREAM-INF', 'EXT-X-SESSION-DATA', 'EXT-X-SESSION-KEY', 'EXT-X-CONTENT-STEERING', 'EXT-X-DEFINE'];
const VIDEO_CODEC = /^(?:avc[1-4]\.[0-9a-f]{6}|hvc1\.[0-9A-Za-z.]+|hev1\.[0-9A-Za-z.]+|av01\.[0-9A-Za-z.]+)$/i;
const AUDIO_CODEC = /^(?:mp4a\.40\.\d{1,2}|opus|fLaC|ac-3|ec-3)$/;
const QUOTED = /^"[^"]*"$/;

/** Problems of one multivariant playlist. */
export function lintMultivariantPlaylist(text: string): string[] {
  const { tags, uris } = readTags(text);
  const media = tags.filter((tag) => tag.name === 'EXT-X-MEDIA').map((tag) => ({ line: tag.line, values: readAttributes(tag.value).values }));
  const variants = tags.filter((tag) => tag.name === 'EXT-X-STREAM-INF');
  const problems = lintForm(text, tags, PLAYLIST_ONCE, MULTIVARIANT_TAGS);
  if (variants.length === 0) problems.push('there is no EXT-X-STREAM-INF (§4.4.6.2)');
  for (const variant of variants) {
    problems.push(...lintVariant(variant, media.map(({ values }) => values)));
    if (!uris.some(({ line }) => line === variant.line + 1)) problems.push(`line ${variant.line}: no URI follows EXT-X-STREAM-INF (§4.4.6.2)`);
  }
  for (const { uri, line } of uris) if (!variants.some((variant) => variant.line === line - 1)) problems.push(`line ${line}: ${uri} has no EXT-X-STREAM-INF before it (§4.4.6.2)`);
  for (const { line, values } of media) problems.push(...lintMedia(line, values));
  const names = media.map(({ values }) => `${values.get('TYPE')} ${values.get('GROUP-ID')} ${values.get('NAME')}`);
  if (new Set(names).size < names.length) problems.push('two EXT-X-MEDIA of a group have one NAME (§4.4.6.1.1)');
  return problems;
}

function lintVariant({ line, value }: ReadTag, media: Map<string, string>[]): string[] {
  const { values } = readAttributes(value);
  const problems: string[] = [];
  const say = (what: string): void => void problems.push(`line ${line}: ${what} (§4.4.6.2)`);
  const bandwidth = values.get('BANDWIDTH') ?? '';
  if (!/^[1-9]\d*$/.test(bandwidth)) say('BANDWIDTH is missing or no whole number above zero');
  const average = values.get('AVERAGE-BANDWIDTH');
  if (average !== undefined && !/^[1-9]\d*$/.test(average)) say('AVERAGE-BANDWIDTH is no whole number above zero');
  if (Number(average ?? 0) > Number(bandwidth)) say('AVERAGE-BANDWIDTH is above BANDWIDTH');
  const codecs = QUOTED.test(values.get('CODECS') ?? '') ? (values.get('CODECS') ?? '').slice(1, -1).split(',') : [];
  if (codecs.length === 0 || !codecs.every((codec) => VIDEO_CODEC.test(codec) || AUDIO_CODEC.test(codec))) say(`CODECS is ${values.get('CODECS') ?? 'missing'}, not a quoted list of RFC 6381 names`);
  const hasVideo = codecs.some((codec) => VIDEO_CODEC.test(codec));
  const resolution = values.get('RESOLUTION');
  if (resolution === undefined ? hasVideo : !/^[1-9]\d*x[1-9]\d*$/.test(resolution)) say('RESOLUTION of a video variant is missing or not WxH');
  const frameRate = values.get('FRAME-RATE');
  if (frameRate === undefined ? hasVideo : !/^\d+(?:\.\d{1,3})?$/.test(frameRate) || Number(frameRate) <= 0) say('FRAME-RATE of a video variant is missing or not a number of at most three places');
  const group = values.get('AUDIO');
  if (group !== undefined && !media.some((one) => one.get('TYPE') === 'AUDIO' && one.get('GROUP-ID') === group)) say(`AUDIO names ${group}, and no EXT-X-MEDIA has this GROUP-ID`);
  if (group !== undefined && !codecs.some((codec) => AUDIO_CODEC.test(codec))) say('CODECS leaves out the audio of its group');
  return problems;
}

function lintMedia(line: number, values: Map<string, string>): string[] {
  const problems: string[] = [];
  const say = (what: string): void => void problems.push(`line ${line}: EXT-X-MEDIA ${what} (§4.4.6.1)`);
  if (!/^(?:AUDIO|VIDEO|SUBTITLES|CLOSED-CAPTIONS)$/.test(values.get('TYPE') ?? '')) say('has no known TYPE');
  for (const name of ['GROUP-ID', 'NAME']) if (!QUOTED.test(values.get(name) ?? '')) say(`has no quoted ${name}`);
  for (const name of ['URI', 'CHANNELS', 'LANGUAGE']) if (!QUOTED.test(values.get(name) ?? '""')) say(`has an unquoted ${name}`);
  for (const name of ['DEFAULT', 'AUTOSELECT', 'FORCED']) if (!/^(?:YES|NO)$/.test(values.get(name) ?? 'NO')) say(`${name} is neither YES nor NO`);
  if (values.get('DEFAULT') === 'YES' && values.get('AUTOSELECT') === 'NO') say('is DEFAULT but not AUTOSELECT');
  return problems;
}

export interface BandwidthSource {
  /** The media playlist behind a URI of the multivariant playlist. */
  playlist(uri: string): string;
  /** Bytes of a segment; undefined leaves it out. */
  sizeOf(uri: string): number | undefined;
}

/** Whether each variant's BANDWIDTH covers every segment of it and of its audio (RFC 8216bis §4.4.6.2). */
export function lintBandwidth(text: string, source: BandwidthSource): string[] {
  const { tags, uris } = readTags(text);
  const media = tags.filter((tag) => tag.name === 'EXT-X-MEDIA').map((tag) => readAttributes(tag.value).values);
  return tags.filter((tag) => tag.name === 'EXT-X-STREAM-INF').flatMap((variant) => {
    const { values } = readAttributes(variant.value);
    const uri = uris.find(({ line }) => line === variant.line + 1)?.uri ?? '';
    const audioUri = media.find((one) => one.get('GROUP-ID') === values.get('AUDIO'))?.get('URI')?.slice(1, -1);
    const peakBps = peakOf(uri, source) + (audioUri === undefined || audioUri === uri ? 0 : peakOf(audioUri, source));
    const bandwidth = Number(values.get('BANDWIDTH'));
    return peakBps > bandwidth * 1.001 ? [`${uri} takes ${Math.ceil(peakBps)} bit/s; BANDWIDTH says ${bandwidth} (§4.4.6.2)`] : [];
  });
}

/** The RFC measures over 0.5 to 1.5 target durations. */
function peakOf(uri: string, source: BandwidthSource): number {
  const { segments, targetDurationSec } = readMediaPlaylist(source.playlist(uri));
  const rates = segments.filter((segment) => segment.durationSec >= targetDurationSec / 2).flatMap((segment) => {
    const sizeBytes = segment.isGap ? undefined : source.sizeOf(segment.uri);
    return sizeBytes === undefined ? [] : [(sizeBytes * 8) / segment.durationSec];
  });
  return Math.max(0, ...rates);
}
