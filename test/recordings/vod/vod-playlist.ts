import t from 'tap';
import { vodMasterPlaylist, vodMediaPlaylist } from '../../../src/recordings/vod/vod-playlist.js';
import { vodTimeline } from '../../../src/recordings/vod/vod-timeline.js';
import type { VodTimeline } from '../../../src/recordings/vod/vod-timeline.js';
import { audioConfig, hevcConfig, videoConfig } from '../../support/frames.js';
import { recordedIndex } from '../../support/recorded-index.js';
import type { RecordedTake } from '../../support/recorded-index.js';

const LARGE = videoConfig();
const SMALL = videoConfig({ width: 640, height: 360, level: 30 });
const SOUND = audioConfig();
const SHOW = { source: LARGE, '360p': SMALL, audio: SOUND };
const MEDIA = '/media/11111111-1111-4111-8111-111111111111';

function timelineOf(takes: RecordedTake[]): VodTimeline {
  const timeline = vodTimeline(recordedIndex(takes));
  if (timeline === undefined) throw new Error('nothing is shown');
  return timeline;
}

/** What a rendition's playlist has after its head, line by line. */
function entriesOf(timeline: VodTimeline, name: string): string[] {
  const lines = vodMediaPlaylist(timeline, name)?.split('\n') ?? [];
  return lines.slice(lines.indexOf('#EXT-X-MEDIA-SEQUENCE:0') + 1);
}

t.test('a show without an interruption', async (t) => {
  const timeline = timelineOf([{ number: 0, fromMs: 500, firstNumber: 0, durationsMs: [2000, 2000, 1500], configs: SHOW }]);

  t.test('has all rungs', async (t) => {
    t.equal(vodMasterPlaylist(timeline), `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=32000,AVERAGE-BANDWIDTH=32000,CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=30.000,AUDIO="audio"
source/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=16000,AVERAGE-BANDWIDTH=16000,CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=30.000,AUDIO="audio"
360p/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=8000,AVERAGE-BANDWIDTH=8000,CODECS="mp4a.40.2",AUDIO="audio"
audio/index.m3u8
`);
  });

  t.test('lists its segments where they were while it was live', async (t) => {
    t.equal(vodMediaPlaylist(timeline, '360p'), `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PROGRAM-DATE-TIME:2026-11-21T18:00:00.500Z
#EXT-X-MAP:URI="${MEDIA}/360p/init-0.mp4"
#EXTINF:2.00000,
${MEDIA}/360p/0.m4s
#EXTINF:2.00000,
${MEDIA}/360p/1.m4s
#EXTINF:1.50000,
${MEDIA}/360p/2.m4s
#EXT-X-ENDLIST
`);
    t.equal(vodMediaPlaylist(timeline, '720p'), undefined);
  });

  t.test('is as long as its segments, and has no chapters', async (t) => {
    t.match(timeline, { durationMs: 5500, chaptersMs: [] });
  });

  t.test('hands on what its addresses need', async (t) => {
    t.same(vodMasterPlaylist(timeline, 'access=1.x').match(/[^"\n]*m3u8[^"\n]*/g), ['audio', 'source', '360p', 'audio'].map((name) => `${name}/index.m3u8?access=1.x`));
  });
});

t.test('a show with sound only is one variant', async (t) => {
  const timeline = timelineOf([{ number: 0, fromMs: 0, firstNumber: 0, durationsMs: [2000], configs: { audio: SOUND } }]);
  t.equal(vodMasterPlaylist(timeline), `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=8000,AVERAGE-BANDWIDTH=8000,CODECS="mp4a.40.2",AUDIO="audio"
audio/index.m3u8
`);
});

t.test('the slate is left out, and what comes after it is a chapter', async (t) => {
  const timeline = timelineOf([
    { number: 0, fromMs: 0, firstNumber: 0, durationsMs: [2000, 2000], configs: SHOW },
    { number: 1, isSlate: true, fromMs: 4500, firstNumber: 2, durationsMs: [2000, 2000], configs: SHOW },
    { number: 2, fromMs: 9000, firstNumber: 4, durationsMs: [2000], configs: SHOW },
  ]);
  t.match(timeline, { durationMs: 6000, chaptersMs: [0, 4000] });
  t.same(entriesOf(timeline, 'source'), [
    '#EXT-X-PROGRAM-DATE-TIME:2026-11-21T18:00:00.000Z',
    `#EXT-X-MAP:URI="${MEDIA}/source/init-0.mp4"`,
    '#EXTINF:2.00000,', `${MEDIA}/source/0.m4s`,
    '#EXTINF:2.00000,', `${MEDIA}/source/1.m4s`,
    '#EXT-X-DISCONTINUITY',
    '#EXT-X-PROGRAM-DATE-TIME:2026-11-21T18:00:09.000Z',
    `#EXT-X-MAP:URI="${MEDIA}/source/init-2.mp4"`,
    '#EXTINF:2.00000,', `${MEDIA}/source/4.m4s`,
    '#EXT-X-ENDLIST', '',
  ]);
});

t.test('chapters', async (t) => {
  const take = (number: number, fromMs: number, isSlate = false): RecordedTake => ({ number, isSlate, fromMs, firstNumber: number, durationsMs: [2000], configs: SHOW });
  t.same(timelineOf([take(0, 0), take(1, 4100)]).chaptersMs, [0, 2000], 'an outage without a slate');
  t.same(timelineOf([take(0, 0), take(1, 3900)]).chaptersMs, [], 'an encoder that changed its settings');
  t.same(timelineOf([take(0, 0, true), take(1, 2000)]).chaptersMs, [], 'a slate at the start, which nobody will see');
  t.same(timelineOf([take(0, 0), take(1, 2000, true), take(2, 4000, true), take(3, 6000), take(4, 8000, true)]).chaptersMs, [0, 2000], 'a slate that was started anew, and one at the end');
  t.equal(vodTimeline(recordedIndex([take(0, 0, true)])), undefined, 'a slate alone is no recording');
  t.equal(vodTimeline(recordedIndex([])), undefined);
});

t.test('a rung that misses a segment', async (t) => {
  const MIDDLE = videoConfig({ width: 1280, height: 720, level: 31 });
  const playlistsOf = (lost: string[], configs: RecordedTake['configs'] = { source: LARGE, '720p': MIDDLE, '360p': SMALL, audio: SOUND }) => {
    const timeline = timelineOf([{ number: 0, fromMs: 0, firstNumber: 0, durationsMs: [2000, 2000, 2000], configs, lost }]);
    return (name: string): string[] => entriesOf(timeline, name);
  };
  const filesOf = (entries: string[]): string[] => entries.filter((line) => line.startsWith('/') || line.includes('GAP')).map((line) => line.replace(`${MEDIA}/`, ''));

  t.test('shows that of the next lower one, and every rendition has the break', async (t) => {
    const of = playlistsOf(['source/1']);
    t.same(of('source'), [
      '#EXT-X-PROGRAM-DATE-TIME:2026-11-21T18:00:00.000Z',
      `#EXT-X-MAP:URI="${MEDIA}/source/init-0.mp4"`, '#EXTINF:2.00000,', `${MEDIA}/source/0.m4s`,
      '#EXT-X-DISCONTINUITY', '#EXT-X-PROGRAM-DATE-TIME:2026-11-21T18:00:02.000Z',
      `#EXT-X-MAP:URI="${MEDIA}/720p/init-0.mp4"`, '#EXTINF:2.00000,', `${MEDIA}/720p/1.m4s`,
      '#EXT-X-DISCONTINUITY', '#EXT-X-PROGRAM-DATE-TIME:2026-11-21T18:00:04.000Z',
      `#EXT-X-MAP:URI="${MEDIA}/source/init-0.mp4"`, '#EXTINF:2.00000,', `${MEDIA}/source/2.m4s`,
      '#EXT-X-ENDLIST', '',
    ]);
    t.same(of('audio'), [
      '#EXT-X-PROGRAM-DATE-TIME:2026-11-21T18:00:00.000Z',
      `#EXT-X-MAP:URI="${MEDIA}/audio/init-0.mp4"`, '#EXTINF:2.00000,', `${MEDIA}/audio/0.m4s`,
      '#EXT-X-DISCONTINUITY', '#EXT-X-PROGRAM-DATE-TIME:2026-11-21T18:00:02.000Z', '#EXTINF:2.00000,', `${MEDIA}/audio/1.m4s`,
      '#EXT-X-DISCONTINUITY', '#EXT-X-PROGRAM-DATE-TIME:2026-11-21T18:00:04.000Z', '#EXTINF:2.00000,', `${MEDIA}/audio/2.m4s`,
      '#EXT-X-ENDLIST', '',
    ]);
  });

  t.test('or of the next higher one', async (t) => {
    t.same(filesOf(playlistsOf(['360p/1'])('360p')), ['360p/0.m4s', '720p/1.m4s', '360p/2.m4s']);
    t.same(filesOf(playlistsOf(['360p/1', '720p/1'])('720p')), ['720p/0.m4s', 'source/1.m4s', '720p/2.m4s']);
  });

  t.test('or a gap, where nobody has it, or only in a codec that its players may not know', async (t) => {
    t.same(filesOf(playlistsOf(['source/1', '720p/1', '360p/1'])('720p')), ['720p/0.m4s', '#EXT-X-GAP', '720p/1.m4s', '720p/2.m4s']);
    t.same(filesOf(playlistsOf(['720p/1'], { source: hevcConfig(), '720p': MIDDLE, audio: SOUND })('720p')), ['720p/0.m4s', '#EXT-X-GAP', '720p/1.m4s', '720p/2.m4s']);
  });

  t.test('and what all miss is left out', async (t) => {
    const lost = ['source/1', '720p/1', '360p/1', 'audio/1'];
    t.same(filesOf(playlistsOf(lost)('source')), ['source/0.m4s', 'source/2.m4s']);
    t.ok(playlistsOf(lost)('source').includes('#EXT-X-DISCONTINUITY'));
  });
});

t.test('a rung that a take does not have is filled for all of it', async (t) => {
  const timeline = timelineOf([
    { number: 0, fromMs: 0, firstNumber: 0, durationsMs: [2000], configs: SHOW },
    { number: 1, fromMs: 2000, firstNumber: 1, durationsMs: [2000, 400], configs: { source: videoConfig({ width: 1080, height: 1920 }) } },
  ]);
  t.same(entriesOf(timeline, '360p').filter((line) => !line.startsWith('#EXT-X-PROGRAM')), [
    `#EXT-X-MAP:URI="${MEDIA}/360p/init-0.mp4"`, '#EXTINF:2.00000,', `${MEDIA}/360p/0.m4s`,
    '#EXT-X-DISCONTINUITY',
    `#EXT-X-MAP:URI="${MEDIA}/source/init-1.mp4"`, '#EXTINF:2.00000,', `${MEDIA}/source/1.m4s`,
    '#EXTINF:0.40000,', `${MEDIA}/source/2.m4s`,
    '#EXT-X-ENDLIST', '',
  ]);
  t.same(entriesOf(timeline, 'audio').filter((line) => /GAP|m4s/.test(line)), [`${MEDIA}/audio/0.m4s`, '#EXT-X-GAP', `${MEDIA}/audio/1.m4s`, '#EXT-X-GAP', `${MEDIA}/audio/2.m4s`], 'sound that is not there is a gap');
  t.match(vodMasterPlaylist(timeline), /CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1080x1920/);
});
