import t from 'tap';
import { mediaPlaylist, multivariantPlaylist } from '../../src/packager/playlist.js';
import type { MediaPlaylist } from '../../src/packager/playlist.js';
import type { Segment } from '../../src/packager/index.js';
import type { ListedPart } from '../../src/packager/segment.js';
import { lintMediaPlaylist, lintMultivariantPlaylist } from '../support/playlist-linter.js';

const EPOCH_MS = Date.UTC(2026, 0, 1);

function segment(number: number, change: Partial<Segment> = {}): Segment {
  return {
    number, startMs: number * 2000, durationMs: 2000, discontinuity: 0,
    uri: `/media/b1/720p/${number}.m4s`, initUri: '/media/b1/720p/init-0.mp4',
    sizeBytes: 1000, frames: 60, isGap: false, parts: [], ...change,
  };
}

/** What ordinary players see, unless the test says more. */
function playlist(change: Pick<MediaPlaylist, 'segments'> & Partial<MediaPlaylist>): MediaPlaylist {
  return { targetDurationSec: 2, partTargetMs: 334, holdBackPartMs: 334, name: 'index', epochMs: EPOCH_MS, hasEnded: false, open: undefined, nextPartUri: undefined, reports: [], ...change };
}

/** Parts of a segment, the first one independent. */
function parts(number: number, durationsMs: number[]): ListedPart[] {
  return durationsMs.map((durationMs, i) => ({ durationMs, isIndependent: i === 0, uri: `/media/b1/720p/${number}.${i}.m4s`, sizeBytes: 100, offsetBytes: i * 100 }));
}

const WHOLE = [333.33, 333.34, 333.33, 333.33, 333.34, 333.33];

t.test('a window with a discontinuity and a gap', async (t) => {
  const second = { discontinuity: 3, initUri: '/media/b1/720p/init-3.mp4' };
  const text = mediaPlaylist(playlist({
    segments: [
      segment(41, { discontinuity: 2 }),
      segment(42, { discontinuity: 2, durationMs: 1234.5678 }),
      segment(43, { ...second, startMs: 90_000 }),
      segment(44, { ...second, startMs: 92_000, isGap: true, sizeBytes: 0 }),
      segment(45, { ...second, startMs: 94_000, durationMs: 2002.1 }),
    ],
  }));
  t.equal(text, `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=1.002
#EXT-X-PART-INF:PART-TARGET=0.334
#EXT-X-MEDIA-SEQUENCE:41
#EXT-X-DISCONTINUITY-SEQUENCE:2
#EXT-X-MAP:URI="/media/b1/720p/init-0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:01:22.000Z
#EXTINF:2.00000,
/media/b1/720p/41.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:01:24.000Z
#EXTINF:1.23457,
/media/b1/720p/42.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="/media/b1/720p/init-3.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:01:30.000Z
#EXTINF:2.00000,
/media/b1/720p/43.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:01:32.000Z
#EXT-X-GAP
#EXTINF:2.00000,
/media/b1/720p/44.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:01:34.000Z
#EXTINF:2.00210,
/media/b1/720p/45.m4s
`);
  t.same(lintMediaPlaylist(text), []);
});

t.test('the end of a broadcast', async (t) => {
  t.equal(mediaPlaylist(playlist({ hasEnded: true, segments: [segment(0, { parts: parts(0, WHOLE) })], reports: [{ name: 'audio', lastNumber: 0, lastPart: 5 }] })), `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=1.002
#EXT-X-PART-INF:PART-TARGET=0.334
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="/media/b1/720p/init-0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXT-X-PART:DURATION=0.33333,URI="/media/b1/720p/0.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.33334,URI="/media/b1/720p/0.1.m4s"
#EXT-X-PART:DURATION=0.33333,URI="/media/b1/720p/0.2.m4s"
#EXT-X-PART:DURATION=0.33333,URI="/media/b1/720p/0.3.m4s"
#EXT-X-PART:DURATION=0.33334,URI="/media/b1/720p/0.4.m4s"
#EXT-X-PART:DURATION=0.33333,URI="/media/b1/720p/0.5.m4s"
#EXTINF:2.00000,
/media/b1/720p/0.m4s
#EXT-X-ENDLIST
`);
});

t.test('parts of the last three target durations, what comes next, and the other renditions', async (t) => {
  const text = mediaPlaylist(playlist({
    partTargetMs: 1000,
    segments: [7, 8, 9, 10].map((number) => segment(number, { parts: parts(number, [1000, 1000]) })),
    open: { number: 11, startMs: 30_000, discontinuity: 1, initUri: '/media/b1/720p/init-1.mp4', parts: parts(11, [333.33, 333.34]) },
    nextPartUri: '/media/b1/720p/11.2.m4s',
    reports: [{ name: 'audio', lastNumber: 11, lastPart: 0 }, { name: '360p', lastNumber: 10, lastPart: 5 }],
  }));
  t.equal(text, `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=1.002
#EXT-X-PART-INF:PART-TARGET=1
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="/media/b1/720p/init-0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:14.000Z
#EXTINF:2.00000,
/media/b1/720p/7.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:16.000Z
#EXT-X-PART:DURATION=1.00000,URI="/media/b1/720p/8.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.00000,URI="/media/b1/720p/8.1.m4s"
#EXTINF:2.00000,
/media/b1/720p/8.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:18.000Z
#EXT-X-PART:DURATION=1.00000,URI="/media/b1/720p/9.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.00000,URI="/media/b1/720p/9.1.m4s"
#EXTINF:2.00000,
/media/b1/720p/9.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:20.000Z
#EXT-X-PART:DURATION=1.00000,URI="/media/b1/720p/10.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.00000,URI="/media/b1/720p/10.1.m4s"
#EXTINF:2.00000,
/media/b1/720p/10.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="/media/b1/720p/init-1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:30.000Z
#EXT-X-PART:DURATION=0.33333,URI="/media/b1/720p/11.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.33334,URI="/media/b1/720p/11.1.m4s"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="/media/b1/720p/11.2.m4s"
#EXT-X-RENDITION-REPORT:URI="../audio/index.m3u8",LAST-MSN=11,LAST-PART=0
#EXT-X-RENDITION-REPORT:URI="../360p/index.m3u8",LAST-MSN=10,LAST-PART=5
`);
});

t.test('a delta update leaves out what is six target durations from the end', async (t) => {
  const long = playlist({ segments: Array.from({ length: 10 }, (_, i) => segment(i)), open: { number: 10, startMs: 20_000, discontinuity: 0, initUri: '/media/b1/720p/init-0.mp4', parts: parts(10, [333]) } });
  const text = mediaPlaylist(long, { isDelta: true });
  t.equal(text.slice(0, text.indexOf('#EXTINF')), `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=1.002
#EXT-X-PART-INF:PART-TARGET=0.334
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-SKIP:SKIPPED-SEGMENTS=4
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:08.000Z
`);
  const full = mediaPlaylist(long);
  t.ok(full.endsWith(text.slice(text.indexOf('#EXT-X-PROGRAM'))), 'the rest is that of the whole playlist');
  t.equal(mediaPlaylist({ ...long, segments: long.segments.slice(4) }, { isDelta: true }), mediaPlaylist({ ...long, segments: long.segments.slice(4) }), 'with nothing to leave out, the whole');
  t.equal(mediaPlaylist({ ...long, hasEnded: true }, { isDelta: true }), mediaPlaylist({ ...long, hasEnded: true }));
});

t.test('a ladder with audio of its own', async (t) => {
  const text = multivariantPlaylist([
    { name: 'source', peakBps: 6_200_000.2, averageBps: 6_000_000.1, codecs: ['avc1.640028', 'mp4a.40.2'], resolution: { width: 1920, height: 1080 }, frameRate: 30000 / 1001 },
    { name: '360p', peakBps: 700_000, averageBps: 600_000, codecs: ['avc1.64001e', 'mp4a.40.2'], resolution: { width: 640, height: 360 }, frameRate: 25 },
    { name: 'audio', peakBps: 130_000, averageBps: 128_000, codecs: ['mp4a.40.2'], resolution: undefined, frameRate: undefined },
  ], { name: 'audio', channels: 2 });
  t.equal(text, `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=6200001,AVERAGE-BANDWIDTH=6000001,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=29.970,AUDIO="audio"
source/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=700000,AVERAGE-BANDWIDTH=600000,CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="audio"
360p/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=130000,AVERAGE-BANDWIDTH=128000,CODECS="mp4a.40.2",AUDIO="audio"
audio/index.m3u8
`);
  t.same(lintMultivariantPlaylist(text), []);
});

t.test('pictures without sound', async (t) => {
  const text = multivariantPlaylist([{ name: 'source', peakBps: 100, averageBps: 90, codecs: ['avc1.640028'], resolution: { width: 720, height: 1280 }, frameRate: 60 }], undefined);
  t.equal(text, `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=100,AVERAGE-BANDWIDTH=90,CODECS="avc1.640028",RESOLUTION=720x1280,FRAME-RATE=60.000
source/index.m3u8
`);
  t.same(lintMultivariantPlaylist(text), []);
});
