import type { VideoConfig } from '../../streams/index.js';
import type { VodRendition, VodSegment, VodTimeline } from './vod-timeline.js';

const VERSION = 7;
/** Measured rates that are one of these but for rounding. */
const USUAL_RATES = [24, 25, 30, 50, 60, 24000 / 1001, 30000 / 1001, 60000 / 1001];
const RATE_TOLERANCE = 0.0006;
/** The last segment of a take may be a few frames long: its bitrate says nothing. */
const SHORT_MS = 500;

/**
 * The multivariant playlist of a recording (RFC 8216 §4.3.4): one variant a video rung, one with audio alone.
 * @param query what the addresses of its playlists need, such as `access=…`.
 */
export function vodMasterPlaylist({ renditions }: VodTimeline, query?: string): string {
  const uriOf = (name: string): string => `${name}/index.m3u8${query === undefined ? '' : `?${query}`}`;
  const audio = renditions.find(({ kind }) => kind === 'audio');
  const videos = renditions.filter(({ kind }) => kind === 'video');
  const config = audio?.configs.at(-1);
  const lines = ['#EXTM3U', `#EXT-X-VERSION:${VERSION}`, '#EXT-X-INDEPENDENT-SEGMENTS'];
  if (audio !== undefined && config?.kind === 'audio') {
    lines.push(`#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="${config.channels}",URI="${uriOf(audio.name)}"`);
  }
  for (const rendition of [...videos, ...(audio ? [audio] : [])]) {
    lines.push(`#EXT-X-STREAM-INF:${variantAttributes(rendition, audio).join(',')}`, uriOf(rendition.name));
  }
  return `${lines.join('\n')}\n`;
}

/** The media playlist of one rendition of a recording (RFC 8216 §4.3.3.5: VOD), or undefined when it has none of this name. */
export function vodMediaPlaylist(timeline: VodTimeline, name: string): string | undefined {
  const segments = timeline.renditions.find((rendition) => rendition.name === name)?.segments;
  if (segments === undefined) return undefined;
  const longestMs = segments.reduce((longest, { durationMs }) => Math.max(longest, durationMs), 0);
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${VERSION}`,
    '#EXT-X-PLAYLIST-TYPE:VOD',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-TARGETDURATION:${Math.max(1, Math.round(longestMs / 1000))}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
  ];
  let init: string | undefined;
  segments.forEach((segment, i) => {
    lines.push(...startLines(segment, { isFirst: i === 0, epochMs: timeline.epochMs }));
    const map = initUriOf(timeline.id, segment);
    if (map === undefined) lines.push('#EXT-X-GAP');
    else if (map !== init) lines.push(`#EXT-X-MAP:URI="${(init = map)}"`);
    lines.push(`#EXTINF:${(segment.durationMs / 1000).toFixed(5)},`, `/media/${timeline.id}/${segment.from ?? name}/${segment.number}.m4s`);
  });
  return `${[...lines, '#EXT-X-ENDLIST'].join('\n')}\n`;
}

/** The playlists of a recording as files of its folder: `master.m3u8`, and `index.m3u8` beside the segments of each rendition. */
export function portablePlaylists(timeline: VodTimeline): { name: string; text: string }[] {
  const media = timeline.renditions.flatMap(({ name }) => {
    const text = vodMediaPlaylist(timeline, name);
    return text === undefined ? [] : [{ name: `${name}/index.m3u8`, text: text.replaceAll(`/media/${timeline.id}/`, '../') }];
  });
  return [{ name: 'master.m3u8', text: vodMasterPlaylist(timeline) }, ...media];
}

/** Times are told where they do not follow from what came before: an hour has 1800 segments. */
function startLines({ startMs, isBreak }: VodSegment, { isFirst, epochMs }: { isFirst: boolean; epochMs: number }): string[] {
  const date = `#EXT-X-PROGRAM-DATE-TIME:${new Date(epochMs + startMs).toISOString()}`;
  if (isBreak) return ['#EXT-X-DISCONTINUITY', date];
  return isFirst ? [date] : [];
}

function initUriOf(id: string, { from, take }: VodSegment): string | undefined {
  return from && `/media/${id}/${from}/init-${take}.mp4`;
}

function variantAttributes(rendition: VodRendition, audio: VodRendition | undefined): string[] {
  const own = rateOf(rendition);
  const extra = audio === undefined || audio === rendition ? { peakBps: 0, averageBps: 0 } : rateOf(audio);
  const codecs = [rendition, ...(audio ? [audio] : [])].flatMap(({ configs }) => configs.map(({ codecString }) => codecString));
  const video = largestOf(rendition);
  const framesPerSec = framesPerSecOf(rendition);
  return [
    `BANDWIDTH=${Math.ceil(own.peakBps + extra.peakBps)}`,
    `AVERAGE-BANDWIDTH=${Math.ceil(own.averageBps + extra.averageBps)}`,
    `CODECS="${[...new Set(codecs)].join(',')}"`,
    ...(video === undefined ? [] : [`RESOLUTION=${Math.round((video.width * video.sar.width) / video.sar.height)}x${video.height}`]),
    ...(video === undefined || framesPerSec === 0 ? [] : [`FRAME-RATE=${framesPerSec.toFixed(3)}`]),
    ...(audio === undefined ? [] : ['AUDIO="audio"']),
  ];
}

function largestOf({ configs }: VodRendition): VideoConfig | undefined {
  return configs.flatMap((config) => (config.kind === 'video' ? [config] : [])).sort((a, b) => b.height - a.height)[0];
}

function rateOf({ segments }: VodRendition): { peakBps: number; averageBps: number } {
  const rated = segments.filter(({ from }) => from !== undefined);
  const durationMs = rated.reduce((sum, segment) => sum + segment.durationMs, 0);
  const sizeBytes = rated.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  const averageBps = durationMs === 0 ? 0 : (sizeBytes * 8000) / durationMs;
  const whole = rated.filter((segment) => segment.durationMs >= SHORT_MS);
  const peakBps = whole.reduce((peak, segment) => Math.max(peak, (segment.sizeBytes * 8000) / segment.durationMs), averageBps);
  return { peakBps, averageBps };
}

/** Pictures a second; a usual rate where it is one but for rounding. */
function framesPerSecOf({ segments }: VodRendition): number {
  const shown = segments.filter(({ from }) => from !== undefined);
  const durationMs = shown.reduce((sum, segment) => sum + segment.durationMs, 0);
  if (durationMs === 0) return 0;
  const measured = (shown.reduce((sum, segment) => sum + segment.frames, 0) * 1000) / durationMs;
  return USUAL_RATES.find((usual) => Math.abs(measured - usual) < usual * RATE_TOLERANCE) ?? measured;
}
