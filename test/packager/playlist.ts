import t from 'tap';
import { mediaPlaylist, multivariantPlaylist } from '../../src/packager/playlist.js';
import type { Segment } from '../../src/packager/index.js';
import { lintMediaPlaylist, lintMultivariantPlaylist } from '../support/playlist-linter.js';

const EPOCH_MS = Date.UTC(2026, 0, 1);

function segment(number: number, change: Partial<Segment> = {}): Segment {
  return {
    number, startMs: number * 2000, durationMs: 2000, discontinuity: 0,
    uri: `/media/b1/720p/${number}.m4s`, initUri: '/media/b1/720p/init-0.mp4',
    sizeBytes: 1000, frames: 60, isGap: false, ...change,
  };
}

t.test('a window with a discontinuity and a gap', async (t) => {
  const second = { discontinuity: 3, initUri: '/media/b1/720p/init-3.mp4' };
  const text = mediaPlaylist({
    targetDurationSec: 2,
    epochMs: EPOCH_MS,
    hasEnded: false,
    segments: [
      segment(41, { discontinuity: 2 }),
      segment(42, { discontinuity: 2, durationMs: 1234.5678 }),
      segment(43, { ...second, startMs: 90_000 }),
      segment(44, { ...second, startMs: 92_000, isGap: true, sizeBytes: 0 }),
      segment(45, { ...second, startMs: 94_000, durationMs: 2002.1 }),
    ],
  });
  t.equal(text, `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
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
  t.equal(mediaPlaylist({ targetDurationSec: 2, epochMs: EPOCH_MS, hasEnded: true, segments: [segment(0)] }), `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-MAP:URI="/media/b1/720p/init-0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXTINF:2.00000,
/media/b1/720p/0.m4s
#EXT-X-ENDLIST
`);
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
