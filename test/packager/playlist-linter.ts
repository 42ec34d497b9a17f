import t from 'tap';
import type { Test } from 'tap';
import { lintBandwidth, lintMediaPlaylist, lintMultivariantPlaylist, lintRenditions, lintSeries } from '../support/playlist-linter.js';

const MEDIA = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-MAP:URI="/media/b/720p/init-1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:14.000Z
#EXTINF:2.00000,
/media/b/720p/7.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:16.000Z
#EXTINF:1.50000,
/media/b/720p/8.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="/media/b/720p/init-2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:20.000Z
#EXT-X-GAP
#EXTINF:2.00000,
/media/b/720p/9.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:22.000Z
#EXTINF:2.00000,
/media/b/720p/10.m4s
`;

const MULTIVARIANT = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=3000000,AVERAGE-BANDWIDTH=2500000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO="audio"
720p/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=130000,AVERAGE-BANDWIDTH=128000,CODECS="mp4a.40.2",AUDIO="audio"
audio/index.m3u8
`;

type Case = [name: string, from: string | RegExp, to: string, problems: string[]];

function fires(t: Test, text: string, lint: (text: string) => string[], cases: Case[]): void {
  for (const [name, from, to, problems] of cases) {
    const broken = text.replace(from, to);
    if (broken === text) t.fail(`${name}: the sample was not changed`);
    t.strictSame(lint(broken), problems, name);
  }
}

t.test('a playlist that keeps every rule', async (t) => {
  t.strictSame(lintMediaPlaylist(MEDIA), []);
  t.strictSame(lintMediaPlaylist(`${MEDIA}#EXT-X-ENDLIST\n`), []);
  t.strictSame(lintMultivariantPlaylist(MULTIVARIANT), []);
});

t.test('each rule of a media playlist finds its breach', async (t) => {
  fires(t, MEDIA, lintMediaPlaylist, [
    ['first line', '#EXTM3U\n', '# hello\n', ['line 1: the first line is not #EXTM3U (§4.4.1.1)']],
    ['last line', /\n$/, '', ['the last line has no end (§4.1)']],
    ['control character', '7.m4s', '7\u0007.m4s', ['the text has a control character or a byte order mark (§4.1)']],
    ['twice', '#EXT-X-VERSION:7\n', '#EXT-X-VERSION:7\n#EXT-X-VERSION:7\n', ['EXT-X-VERSION comes twice (§4.4)']],
    ['unknown tag', '#EXT-X-GAP', '#EXT-X-GAPE', ['line 17: EXT-X-GAPE does not belong here (§4.1)']],
    ['a tag of the other kind', '#EXT-X-GAP', '#EXT-X-STREAM-INF:BANDWIDTH=1', ['line 17: EXT-X-STREAM-INF does not belong here (§4.1)']],
    ['whole number', 'SEQUENCE:7', 'SEQUENCE:7.5', ['line 5: EXT-X-MEDIA-SEQUENCE is "7.5", not a whole number (§4.4.3.2)']],
    ['no value', '#EXT-X-GAP', '#EXT-X-GAP:1', ['line 17: EXT-X-GAP takes no value (§4.1)']],
    ['attribute syntax', 'URI="/media/b/720p/init-1.mp4"', 'URI="/media/b/720p/init-1.mp4", X=1', ['line 7: EXT-X-MAP breaks the attribute syntax at " X=1" (§4.2)']],
    ['attribute twice', 'init-1.mp4"', 'init-1.mp4",URI="x"', ['line 7: EXT-X-MAP breaks the attribute syntax at "URI again" (§4.2)']],
    ['comma at the end', 'init-1.mp4"', 'init-1.mp4",', ['line 7: EXT-X-MAP breaks the attribute syntax at "comma at the end" (§4.2)']],
    ['fractions', 'VERSION:7', 'VERSION:2', ['fractions of seconds need EXT-X-VERSION 3; it is 2 (§8)', 'EXT-X-MAP needs EXT-X-VERSION 6; it is 2 (§8)']],
    ['map version', 'VERSION:7', 'VERSION:5', ['EXT-X-MAP needs EXT-X-VERSION 6; it is 5 (§8)']],
    ['EXTINF missing', '#EXTINF:1.50000,\n', '', ['segment 8: EXTINF is missing (§4.4.4.1)']],
    ['EXTINF comma', '#EXTINF:1.50000,', '#EXTINF:1.50000', ['segment 8: EXTINF is not "seconds," with a comma (§4.4.4.1)']],
    ['EXTINF twice', '#EXTINF:1.50000,', '#EXTINF:1.50000,\n#EXTINF:1.5,', ['segment 8: EXTINF comes twice (§4.4.4)']],
    ['EXTINF zero', '#EXTINF:1.50000,', '#EXTINF:0,', ['segment 8: lasts no time (§4.4.4.1)']],
    ['too long', '#EXTINF:1.50000,', '#EXTINF:2.5,', ['segment 8: 2.5 s rounds to more than the target duration of 2 s (§4.4.3.1)']],
    ['date form', '2026-01-01T00:00:22.000Z', '2026-01-01 00:00:22', ['segment 10: "2026-01-01 00:00:22" is not an ISO 8601 time with milliseconds and zone (§4.4.4.6)']],
    ['date step', '00:00:16.000Z', '00:00:16.051Z', ['segment 8: EXT-X-PROGRAM-DATE-TIME is 51 ms away from the end of the segment before (§4.4.4.6)']],
    ['map without URI', '#EXT-X-MAP:URI="/media/b/720p/init-1.mp4"', '#EXT-X-MAP:URI=init', ['segment 7: EXT-X-MAP has no quoted URI (§4.4.4.5)']],
    ['no map', '#EXT-X-MAP:URI="/media/b/720p/init-1.mp4"\n', '', ['segment 7: has no EXT-X-MAP before it, which fragmented MP4 needs (§3.1.2)', 'segment 8: has no EXT-X-MAP before it, which fragmented MP4 needs (§3.1.2)']],
    ['map changes', '#EXT-X-DISCONTINUITY\n', '', [
      'segment 9: EXT-X-MAP changes without EXT-X-DISCONTINUITY (§4.4.4.3)',
      'segment 9: EXT-X-PROGRAM-DATE-TIME is 2500 ms away from the end of the segment before (§4.4.4.6)',
    ]],
    ['dangling tag', /$/, '#EXT-X-DISCONTINUITY\n', ['line 23: EXT-X-DISCONTINUITY has no segment after it (§4.4.4)']],
    ['end in the middle', '#EXT-X-GAP\n', '#EXT-X-GAP\n#EXT-X-ENDLIST\n', ['EXT-X-ENDLIST is not the last line (§4.4.3.4)']],
  ]);
  fires(t, MEDIA, lintMediaPlaylist, [
    ['target duration missing', '#EXT-X-TARGETDURATION:2\n', '', [
      'EXT-X-TARGETDURATION is missing (§4.4.3.1)',
      ...[7, 8, 9, 10].map((number) => `segment ${number}: ${number === 8 ? 1.5 : 2} s rounds to more than the target duration of 0 s (§4.4.3.1)`),
    ]],
    ['sequence late', /#EXT-X-MEDIA-SEQUENCE:7\n([^]*)$/, '$1#EXT-X-MEDIA-SEQUENCE:7\n', ['EXT-X-MEDIA-SEQUENCE comes after the first segment (§4.4.3.2)']],
    ['discontinuity sequence late', /#EXT-X-DISCONTINUITY-SEQUENCE:1\n([^]*)$/, '$1#EXT-X-DISCONTINUITY-SEQUENCE:1\n', ['EXT-X-DISCONTINUITY-SEQUENCE comes after a segment or a discontinuity (§4.4.3.3)']],
  ]);
});

t.test('each rule of a multivariant playlist finds its breach', async (t) => {
  const section = '(§4.4.6.2)';
  fires(t, MULTIVARIANT, lintMultivariantPlaylist, [
    ['a tag of the other kind', '#EXT-X-INDEPENDENT-SEGMENTS', '#EXT-X-TARGETDURATION:2', ['line 3: EXT-X-TARGETDURATION does not belong here (§4.1)']],
    ['no variant', /#EXT-X-STREAM-INF[^]*/, '', [`there is no EXT-X-STREAM-INF ${section}`]],
    ['no URI', '720p/index.m3u8\n', '', [`line 5: no URI follows EXT-X-STREAM-INF ${section}`]],
    ['stray URI', /$/, 'x.m3u8\n', [`line 9: x.m3u8 has no EXT-X-STREAM-INF before it ${section}`]],
    ['bandwidth', 'BANDWIDTH=3000000,AVERAGE-BANDWIDTH=2500000,', '', [`line 5: BANDWIDTH is missing or no whole number above zero ${section}`]],
    ['bandwidth zero', 'AVERAGE-BANDWIDTH=2500000', 'AVERAGE-BANDWIDTH=0', [`line 5: AVERAGE-BANDWIDTH is no whole number above zero ${section}`]],
    ['average above peak', 'AVERAGE-BANDWIDTH=2500000', 'AVERAGE-BANDWIDTH=3500000', [`line 5: AVERAGE-BANDWIDTH is above BANDWIDTH ${section}`]],
    ['codecs', 'avc1.64001f', 'h264', [`line 5: CODECS is "h264,mp4a.40.2", not a quoted list of RFC 6381 names ${section}`]],
    ['resolution', 'RESOLUTION=1280x720,', '', [`line 5: RESOLUTION of a video variant is missing or not WxH ${section}`]],
    ['frame rate', '30.000', '29.9700299', [`line 5: FRAME-RATE of a video variant is missing or not a number of at most three places ${section}`]],
    ['audio group', 'FRAME-RATE=30.000,AUDIO="audio"', 'FRAME-RATE=30.000,AUDIO="other"', [`line 5: AUDIO names "other", and no EXT-X-MEDIA has this GROUP-ID ${section}`]],
    ['audio codec', 'avc1.64001f,mp4a.40.2', 'avc1.64001f', [`line 5: CODECS leaves out the audio of its group ${section}`]],
    ['media type', 'TYPE=AUDIO', 'TYPE=SOUND', [
      `line 5: AUDIO names "audio", and no EXT-X-MEDIA has this GROUP-ID ${section}`,
      `line 7: AUDIO names "audio", and no EXT-X-MEDIA has this GROUP-ID ${section}`,
      'line 4: EXT-X-MEDIA has no known TYPE (§4.4.6.1)',
    ]],
    ['media name', 'NAME="Main",', '', ['line 4: EXT-X-MEDIA has no quoted NAME (§4.4.6.1)']],
    ['media channels', 'CHANNELS="2"', 'CHANNELS=2', ['line 4: EXT-X-MEDIA has an unquoted CHANNELS (§4.4.6.1)']],
    ['media default', 'DEFAULT=YES', 'DEFAULT=TRUE', ['line 4: EXT-X-MEDIA DEFAULT is neither YES nor NO (§4.4.6.1)']],
    ['media autoselect', 'AUTOSELECT=YES', 'AUTOSELECT=NO', ['line 4: EXT-X-MEDIA is DEFAULT but not AUTOSELECT (§4.4.6.1)']],
    ['media twice', /(#EXT-X-MEDIA.*\n)/, '$1$1', ['two EXT-X-MEDIA of a group have one NAME (§4.4.6.1.1)']],
  ]);
});

t.test('from one reload to the next', async (t) => {
  const rest = MEDIA.slice(MEDIA.indexOf('#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:16'));
  const added = '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:24.000Z\n#EXTINF:2.00000,\n/media/b/720p/11.m4s\n';
  const head = MEDIA.slice(0, MEDIA.indexOf('#EXT-X-PROGRAM-DATE-TIME')).replace('SEQUENCE:7', 'SEQUENCE:8');
  const next = head + rest + added;
  t.strictSame(lintSeries([MEDIA, MEDIA, next, `${next}#EXT-X-ENDLIST\n`]), [], 'a window that slides');
  fires(t, next, (text) => lintSeries([MEDIA, text]), [
    ['target duration', 'DURATION:2', 'DURATION:3', ['playlist 1: the target duration changed from 2 to 3 (§6.2.1)']],
    ['URI', '/8.m4s', '/8b.m4s', ['playlist 1: segment 8 has another URI than before (§6.2.1)']],
    ['duration', '1.50000', '1.51000', ['playlist 1: segment 8 has another duration than before (§6.2.1)']],
    ['date', '00:00:16.000Z', '00:00:16.010Z', ['playlist 1: segment 8 has another date than before (§6.2.1)']],
    ['map', 'init-2', 'init-3', ['playlist 1: segment 9 has another EXT-X-MAP than before (§6.2.1)', 'playlist 1: segment 10 has another EXT-X-MAP than before (§6.2.1)']],
    ['gap', '#EXT-X-GAP\n', '', ['playlist 1: segment 9 has another EXT-X-GAP than before (§6.2.1)']],
    ['discontinuity not counted', 'DISCONTINUITY-SEQUENCE:1', 'DISCONTINUITY-SEQUENCE:2', [8, 9, 10].map((number) => `playlist 1: segment ${number} has another discontinuity number: a removed discontinuity was not counted than before (§6.2.2)`)],
  ]);
  t.strictSame(lintSeries([next, MEDIA]), ['playlist 1: EXT-X-MEDIA-SEQUENCE went back from 8 to 7 (§6.2.2)', 'playlist 1: segment 11 is gone from the end (§6.2.1)']);
  t.strictSame(lintSeries([`${MEDIA}#EXT-X-ENDLIST\n`, next]), ['playlist 1: it goes on after EXT-X-ENDLIST (§6.2.1)']);
  t.strictSame(lintSeries([MEDIA, head + rest]), ['playlist 1: less than three target durations are left after a removal (§6.2.2)']);
  t.match(lintSeries([MEDIA, head]), [/EXT-X-MAP has no segment after it/, 'playlist 1: every segment is gone (§6.2.2)']);
  t.match(lintSeries([MEDIA, next.replace('DISCONTINUITY-SEQUENCE:1', 'DISCONTINUITY-SEQUENCE:0')])[0], /went back/);
});

t.test('between renditions', async (t) => {
  const other = MEDIA.replaceAll('720p', '480p');
  t.strictSame(lintRenditions({ '720p': MEDIA, '480p': other.replace('00:00:16.000Z', '00:00:16.021Z') }), [], 'audio frames start up to a frame later');
  fires(t, other, (text) => lintRenditions({ '720p': MEDIA, '480p': text }), [
    ['start', '00:00:16.000Z', '00:00:16.030Z', ['segment 8 starts at another time in 480p than in 720p: 30 ms (§6.2.4)']],
    ['no date', '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:16.000Z\n', '', ['segment 8 starts at another time in 480p than in 720p: NaN ms (§6.2.4)']],
    ['discontinuity', '#EXT-X-DISCONTINUITY\n', '', [9, 10].map((number) => `segment ${number} has discontinuity 1 in 480p and 2 in 720p (§6.2.4)`)],
    ['target duration', 'DURATION:2', 'DURATION:3', ['480p and 720p have different target durations (§6.2.4)']],
  ]);
});

t.test('measured bandwidth', async (t) => {
  const silence = MEDIA.slice(0, MEDIA.indexOf('#EXT-X-MAP'));
  const source = (videoBytes: number) => ({
    playlist: (uri: string) => (uri.startsWith('audio') ? silence : MEDIA),
    sizeOf: (uri: string) => (uri.endsWith('/8.m4s') ? 1000 : videoBytes),
  });
  t.strictSame(lintBandwidth(MULTIVARIANT, source(750_000)), []);
  t.strictSame(lintBandwidth(MULTIVARIANT, source(800_000)), ['720p/index.m3u8 takes 3200000 bit/s; BANDWIDTH says 3000000 (§4.4.6.2)']);
  t.match(lintBandwidth(MULTIVARIANT, { ...source(750_000), playlist: () => MEDIA }), [/720p.* takes 6000000/, /audio.* takes 3000000/], 'the audio of the group counts');
});
