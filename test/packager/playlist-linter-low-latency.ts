import t from 'tap';
import type { Test } from 'tap';
import { PlaylistSeries, lintDelta, lintMediaPlaylist, lintRenditions, lintReports, lintSeries } from '../support/playlist-linter.js';

const HEAD = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=1.5
#EXT-X-PART-INF:PART-TARGET=0.5
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:1
`;
const OLDEST = `#EXT-X-MAP:URI="/media/b/720p/init-1.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:14.000Z
#EXTINF:2.00000,
/media/b/720p/7.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:16.000Z
#EXTINF:2.00000,
/media/b/720p/8.m4s
`;
const WHOLE = `#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:18.000Z
#EXTINF:2.00000,
/media/b/720p/9.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:20.000Z
#EXTINF:2.00000,
/media/b/720p/10.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:22.000Z
#EXT-X-GAP
#EXTINF:2.00000,
/media/b/720p/11.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:24.000Z
#EXTINF:2.00000,
/media/b/720p/12.m4s
`;
const PARTS = `#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:26.000Z
#EXT-X-PART:DURATION=0.50000,URI="/media/b/720p/13.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.46666,URI="/media/b/720p/13.1.m4s"
#EXT-X-PART:DURATION=0.50000,URI="/media/b/720p/13.2.m4s"
#EXT-X-PART:DURATION=0.46667,URI="/media/b/720p/13.3.m4s"
#EXT-X-PART:DURATION=0.06667,URI="/media/b/720p/13.4.m4s"
#EXTINF:2.00000,
/media/b/720p/13.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:28.000Z
#EXT-X-PART:DURATION=0.50000,URI="/media/b/720p/14.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.50000,URI="/media/b/720p/14.1.m4s"
#EXTINF:1.00000,
/media/b/720p/14.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="/media/b/720p/init-2.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:40.000Z
#EXT-X-PART:DURATION=0.50000,URI="/media/b/720p/15.0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.20000,URI="/media/b/720p/15.1.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.50000,URI="/media/b/720p/15.2.m4s"
#EXT-X-PART:DURATION=0.30000,URI="/media/b/720p/15.3.m4s"
#EXT-X-PART:DURATION=0.50000,URI="/media/b/720p/15.4.m4s",GAP=YES
#EXTINF:2.00000,
/media/b/720p/15.m4s
`;
const OPEN = `#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:42.000Z
#EXT-X-PART:DURATION=0.50000,URI="/media/b/720p/16.0.m4s",INDEPENDENT=YES
`;
const HINT = '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="/media/b/720p/16.1.m4s"\n';
const REPORTS = `#EXT-X-RENDITION-REPORT:URI="../480p/index.m3u8",LAST-MSN=16,LAST-PART=0
#EXT-X-RENDITION-REPORT:URI="../audio/index.m3u8",LAST-MSN=15,LAST-PART=4
`;
const FULL = HEAD + OLDEST + WHOLE + PARTS + OPEN + HINT + REPORTS;
const DELTA = HEAD.replace('VERSION:7', 'VERSION:9') + '#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n' + WHOLE + PARTS + OPEN + HINT + REPORTS;

type Case = [name: string, from: string | RegExp, to: string, problems: string[]];

function fires(t: Test, text: string, lint: (text: string) => string[], cases: Case[]): void {
  for (const [name, from, to, problems] of cases) {
    const broken = text.replace(from, to);
    if (broken === text) t.fail(`${name}: the sample was not changed`);
    t.strictSame(lint(broken), problems, name);
  }
}

t.test('playlists that keep every rule', async (t) => {
  t.strictSame(lintMediaPlaylist(FULL), [], 'a full one');
  t.strictSame(lintMediaPlaylist(DELTA), [], 'a delta update by itself');
  t.strictSame(lintMediaPlaylist(HEAD + OLDEST + WHOLE + PARTS + HINT + REPORTS), [], 'between two segments');
  t.strictSame(lintMediaPlaylist(`${HEAD}${OLDEST}${WHOLE}${PARTS}#EXT-X-ENDLIST\n`), [], 'at the end');
});

t.test('the header', async (t) => {
  const control = '(§4.4.3.8)';
  fires(t, FULL, lintMediaPlaylist, [
    ['no control', /#EXT-X-SERVER.*\n/, '', [`parts need EXT-X-SERVER-CONTROL with PART-HOLD-BACK ${control}`]],
    ['syntax', 'HOLD-BACK=6', 'HOLD-BACK=6 s', ['line 5: EXT-X-SERVER-CONTROL breaks the attribute syntax at "HOLD-BACK=6 s,PART-HOLD-BACK=1.5" (§4.2)', `PART-HOLD-BACK is missing ${control}`]],
    ['twice', /(#EXT-X-SERVER.*\n)/, '$1$1', ['EXT-X-SERVER-CONTROL comes twice (§4.4)']],
    ['no number', 'HOLD-BACK=6', 'HOLD-BACK=six', [`HOLD-BACK is six, not a number of seconds ${control}`]],
    ['block reload', 'RELOAD=YES', 'RELOAD=NO', [`CAN-BLOCK-RELOAD is NO, not YES ${control}`]],
    ['no block reload', 'CAN-BLOCK-RELOAD=YES,', '', ['players take parts only from servers with CAN-BLOCK-RELOAD (§B.1)']],
    ['skip date ranges', 'CAN-SKIP-UNTIL=12', 'CAN-SKIP-DATERANGES=YES', [`CAN-SKIP-DATERANGES comes without CAN-SKIP-UNTIL ${control}`]],
    ['skip until', 'UNTIL=12', 'UNTIL=11.9', [`CAN-SKIP-UNTIL of 11.9 s is less than six target durations of 2 s ${control}`]],
    ['hold back', 'HOLD-BACK=6', 'HOLD-BACK=5', [`HOLD-BACK of 5 s is less than three target durations of 2 s ${control}`]],
    ['part hold back', 'PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=0.9', [`PART-HOLD-BACK of 0.9 s is less than two part targets of 0.5 s ${control}`]],
    ['part hold back too near', 'PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=1.25', [`PART-HOLD-BACK of 1.25 s should be three part targets of 0.5 s ${control}`]],
    ['no part hold back', ',PART-HOLD-BACK=1.5', '', [`PART-HOLD-BACK is missing ${control}`]],
    ['no part target', /#EXT-X-PART-INF.*\n/, '', ['EXT-X-PART needs EXT-X-PART-INF (§4.4.3.7)']],
    ['empty part target', 'PART-TARGET=0.5', 'PART-TARGET=0', ['EXT-X-PART-INF has no PART-TARGET in seconds (§4.4.3.7)', ...partsAbove(0)]],
    ['part target above the target duration', /^#EXT-X-PART-INF.*$/m, '#EXT-X-PART-INF:PART-TARGET=2.5', [
      `PART-HOLD-BACK of 1.5 s is less than two part targets of 2.5 s ${control}`,
      'PART-TARGET of 2.5 s is above the target duration of 2 s (§4.4.3.7)',
      ...['13.1: 0.46666', '13.2: 0.5', '13.3: 0.46667', '15.2: 0.5'].map((part) => `part ${part} s is less than 85 % of the part target of 2.5 s, and another part of its segment follows (§4.4.4.9)`),
    ]],
    ['frames only', '#EXT-X-PART-INF', '#EXT-X-I-FRAMES-ONLY\n#EXT-X-PART-INF', ['parts do not go with EXT-X-I-FRAMES-ONLY (§4.4.4.9)']],
    ['no date', '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:42.000Z\n', '', ['segment 16: has no EXT-X-PROGRAM-DATE-TIME, which low latency needs (§B.1)']],
  ]);
});

function partsAbove(targetSec: number): string[] {
  const parts = ['13.0: 0.5', '13.1: 0.46666', '13.2: 0.5', '13.3: 0.46667', '13.4: 0.06667', '14.0: 0.5', '14.1: 0.5', '15.0: 0.5', '15.1: 0.2', '15.2: 0.5', '15.3: 0.3', '15.4: 0.5', '16.0: 0.5'];
  return parts.map((part) => `part ${part} s is more than the part target of ${targetSec} s (§4.4.4.9)`);
}

t.test('parts', async (t) => {
  const rule = '(§4.4.4.9)';
  const tens = [0, 1, 2, 3].map((i) => `#EXT-X-PART:DURATION=0.5,URI="/media/b/720p/10.${i}.m4s"${i === 0 ? ',INDEPENDENT=YES' : ''}\n`).join('');
  fires(t, FULL, lintMediaPlaylist, [
    ['URI', 'URI="/media/b/720p/16.0.m4s"', 'URI=x', [`part 16.0: has no quoted URI ${rule}`]],
    ['duration', 'DURATION=0.50000,URI="/media/b/720p/16.0', 'DURATION=a,URI="/media/b/720p/16.0', [
      `part 16.0: has no DURATION in seconds ${rule}`,
    ]],
    ['independent', '16.0.m4s",INDEPENDENT=YES', '16.0.m4s",INDEPENDENT=NO', [`part 16.0: INDEPENDENT is NO, not YES ${rule}`, 'part 16.0: starts a segment, and is not INDEPENDENT (§4.4.2.1)']],
    ['gap', 'GAP=YES', 'GAP=NO', [`part 15.3: 0.3 s is less than 85 % of the part target of 0.5 s, and another part of its segment follows ${rule}`, `part 15.4: GAP is NO, not YES ${rule}`]],
    ['range', '13.1.m4s"', '13.1.m4s",BYTERANGE=5', [`part 13.1: BYTERANGE is 5, not "length@offset" ${rule}`]],
    ['too long', 'DURATION=0.50000,URI="/media/b/720p/14.1', 'DURATION=0.50100,URI="/media/b/720p/14.1', [`part 14.1: 0.501 s is more than the part target of 0.5 s ${rule}`]],
    ['too short', /DURATION=0.46666([^]*)DURATION=0.06667/, 'DURATION=0.42400$1DURATION=0.10933', [`part 13.1: 0.424 s is less than 85 % of the part target of 0.5 s, and another part of its segment follows ${rule}`]],
    ['a segment that starts without a key frame', '14.0.m4s",INDEPENDENT=YES', '14.0.m4s"', ['part 14.0: starts a segment, and is not INDEPENDENT (§4.4.2.1)']],
    ['a gap with parts', '#EXTINF:1.00000', '#EXT-X-GAP\n#EXTINF:1.00000', ['part 14.0: has no GAP=YES, and its segment is a gap (§6.2.1)', 'part 14.1: has no GAP=YES, and its segment is a gap (§6.2.1)']],
    ['one address twice', '14.1.m4s', '14.0.m4s', ['part 14.1: has the URI of part 14.0 (§6.2.1)']],
    ['discontinuity late', /(#EXT-X-DISCONTINUITY\n)([^]*?15\.0.*\n)/, '$2$1', [`segment 15: EXT-X-DISCONTINUITY comes after its first EXT-X-PART ${rule}`]],
    ['map late', /(#EXT-X-MAP.*init-2.*\n)([^]*?15\.0.*\n)/, '$2$1', [`segment 15: EXT-X-MAP comes after its first EXT-X-PART ${rule}`]],
    ['date late', /(#EXT-X-PROGRAM.*42.000Z\n)(.*\n)/, '$2$1', [`segment 16: EXT-X-PROGRAM-DATE-TIME comes after its first EXT-X-PART ${rule}`]],
    ['the date of the open segment', '00:00:42.000Z', '00:00:42.100Z', ['segment 16: EXT-X-PROGRAM-DATE-TIME is 100 ms away from the end of the segment before (§4.4.4.6)']],
    ['a map in the open segment', OPEN, `#EXT-X-MAP:URI="/media/b/720p/init-3.mp4"\n${OPEN}`, ['segment 16: EXT-X-MAP changes without EXT-X-DISCONTINUITY (§4.4.4.3)']],
    ['sum', '#EXTINF:1.00000', '#EXTINF:0.94400', ['segment 14: lasts 0.944 s, and its parts 1 s (§3.2)']],
    ['too old', '#EXTINF:2.00000,\n/media/b/720p/10.m4s', `${tens}#EXTINF:2.00000,\n/media/b/720p/10.m4s`, ['segment 10: its parts are still listed, more than three target durations from the end (§6.2.2)']],
    ['hole', /#EXT-X-PART.*14\.\d.*\n#EXT-X-PART.*14\.\d.*\n/, '', ['segment 14: has no parts, and the one before it has (§6.2.2)']],
    ['tags that nothing follows', OPEN, '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:42.000Z\n', ['line 52: EXT-X-PROGRAM-DATE-TIME has no segment after it (§4.4.4)']],
  ]);
});

t.test('hints and reports', async (t) => {
  const [hint, report] = ['(§4.4.5.3)', '(§4.4.5.4)'];
  fires(t, FULL, lintMediaPlaylist, [
    ['hint type', 'TYPE=PART', 'TYPE=SEGMENT', [`line 54: EXT-X-PRELOAD-HINT has a TYPE other than PART and MAP ${hint}`]],
    ['hint URI', 'PART,URI="/media/b/720p/16.1.m4s"', 'PART', [`line 54: EXT-X-PRELOAD-HINT has no quoted URI ${hint}`]],
    ['hint range', '16.1.m4s"', '16.1.m4s",BYTERANGE-START=-1', [`line 54: EXT-X-PRELOAD-HINT BYTERANGE-START is no whole number ${hint}`]],
    ['hint of what is there', '16.1.m4s', '16.0.m4s', [`line 54: EXT-X-PRELOAD-HINT names a part that is listed ${hint}`]],
    ['two hints', HINT, HINT + HINT.replace('16.1', '16.2'), ['two EXT-X-PRELOAD-HINT have TYPE PART (§6.2.6)']],
    ['hint at the end', REPORTS, '#EXT-X-ENDLIST\n', [`line 54: EXT-X-PRELOAD-HINT comes with EXT-X-ENDLIST ${hint}`]],
    ['report URI', 'URI="../480p/index.m3u8",', '', [`line 55: EXT-X-RENDITION-REPORT has no quoted URI ${report}`]],
    ['report with a whole path', '../480p', '/hls/ada/480p', [`line 55: EXT-X-RENDITION-REPORT has a URI that is not relative ${report}`]],
    ['report with a host', '../480p', 'https://example.org/480p', [`line 55: EXT-X-RENDITION-REPORT has a URI that is not relative ${report}`]],
    ['report without a number', 'LAST-MSN=16,', '', [`line 55: EXT-X-RENDITION-REPORT has no whole number as LAST-MSN ${report}`]],
    ['report without a part', ',LAST-PART=4', '', [`line 56: EXT-X-RENDITION-REPORT has no whole number as LAST-PART ${report}`]],
    ['two reports', '../audio', '../480p', [`line 56: EXT-X-RENDITION-REPORT names ../480p/index.m3u8 again ${report}`]],
  ]);
});

t.test('delta updates', async (t) => {
  const rule = '(§6.2.5.1)';
  fires(t, DELTA, lintMediaPlaylist, [
    ['count', 'SEGMENTS=2', 'SEGMENTS=0', ['EXT-X-SKIP has no whole number above zero as SKIPPED-SEGMENTS (§4.4.5.2)']],
    ['version', 'VERSION:9', 'VERSION:8', ['EXT-X-SKIP needs EXT-X-VERSION 9; it is 8 (§8)']],
    ['twice', /(#EXT-X-SKIP.*\n)/, '$1$1', ['EXT-X-SKIP comes twice (§4.4)']],
    ['late', /(#EXT-X-SKIP.*\n)([^]*10.m4s\n)/, '$2$1', ['EXT-X-SKIP comes after a segment (§4.4.5.2)']],
    ['not offered', 'CAN-SKIP-UNTIL=12,', '', [`segments are skipped without CAN-SKIP-UNTIL ${rule}`]],
    ['at the end', HINT + REPORTS, '#EXT-X-ENDLIST\n', [`a playlist with EXT-X-ENDLIST skips segments ${rule}`]],
    ['too many', /SEGMENTS=2\n(.*\n){3}/, 'SEGMENTS=3\n', [`segments are skipped that end 11 s before the end of the last one, and the skip boundary is 12 s ${rule}`]],
    ['too few', 'SEGMENTS=2\n', `SEGMENTS=1\n${OLDEST.split('\n').slice(4).join('\n')}`, [`segment 8: is beyond the skip boundary of 12 s, and not skipped ${rule}`]],
  ]);
  t.strictSame(lintDelta({ before: FULL, delta: DELTA, full: FULL }), [], 'joined with what was before, it is the full one');
  t.strictSame(lintSeries([FULL, DELTA, FULL]), []);
  t.strictSame(lintDelta({ before: FULL, delta: FULL, full: FULL }), [`it is not a delta update: EXT-X-SKIP is missing ${rule}`]);
  const later = HEAD.replace('SEQUENCE:7', 'SEQUENCE:9') + OLDEST.split('\n', 1)[0] + '\n' + WHOLE;
  t.strictSame(lintDelta({ before: later, delta: DELTA, full: FULL }), [`2 segments are skipped, and the playlist before has 0 of them ${rule}`]);
  t.strictSame(lintSeries([later, DELTA]).slice(-1), [`playlist 1: 2 segments are skipped, and the playlist before has 0 of them ${rule}`]);
  fires(t, DELTA, (delta) => lintDelta({ before: FULL, delta, full: FULL }), [
    ['a tag left out', /#EXT-X-PRELOAD.*\n/, '', [`EXT-X-PRELOAD-HINT is "", and "TYPE=PART,URI="/media/b/720p/16.1.m4s"" in the full playlist ${rule}`]],
    ['the discontinuities of what is skipped counted twice', 'DISCONTINUITY-SEQUENCE:1', 'DISCONTINUITY-SEQUENCE:2', [`EXT-X-DISCONTINUITY-SEQUENCE is "2", and "1" in the full playlist ${rule}`]],
    ['a part left out', /#EXT-X-PART.*13\.4.*\n/, '', [`segment 13 is not as in the full playlist ${rule}`]],
    ['another map', '#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:18', '#EXT-X-MAP:URI="/media/b/720p/init-0.mp4"\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:18', [9, 10, 11, 12, 13, 14].map((number) => `segment ${number} is not as in the full playlist ${rule}`)],
  ]);
});

t.test('from one reload to the next', async (t) => {
  const part = '#EXT-X-PART:DURATION=0.50000,URI="/media/b/720p/16.1.m4s"\n';
  const next = HEAD + OLDEST + WHOLE + PARTS + OPEN + part + HINT.replace('16.1', '16.2') + REPORTS.replace('MSN=16,LAST-PART=0', 'MSN=16,LAST-PART=1');
  const reports = REPORTS.replace('MSN=16,LAST-PART=0', 'MSN=16,LAST-PART=1');
  const last = '#EXT-X-PART:DURATION=0.20000,URI="/media/b/720p/16.2.m4s"\n#EXTINF:1.20000,\n/media/b/720p/16.m4s\n';
  const closed = HEAD + OLDEST + WHOLE + PARTS + OPEN + part + last + HINT.replace('16.1', '17.0') + reports;
  const breaking = '#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="/media/b/720p/init-3.mp4"\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:01:00.000Z\n#EXT-X-PART:DURATION=0.50000,URI="/media/b/720p/17.0.m4s",INDEPENDENT=YES\n';
  const early = '#EXTINF:1.00000,\n/media/b/720p/16.m4s\n';
  const broken = HEAD + OLDEST + WHOLE + PARTS + OPEN + part + early + breaking + HINT.replace('16.1', '17.1') + reports;
  t.strictSame(lintSeries([FULL, FULL, next, closed]), [], 'part by part');
  t.strictSame(lintSeries([next, broken]), [], 'a break may come before a part that was promised');
  fires(t, next, (text) => lintSeries([FULL, text]), [
    ['part target', 'PART-TARGET=0.5', 'PART-TARGET=0.501', ['playlist 1: PART-HOLD-BACK of 1.5 s should be three part targets of 0.501 s (§4.4.3.8)', 'playlist 1: EXT-X-PART-INF changed from PART-TARGET=0.5 to PART-TARGET=0.501 (§6.2.1)']],
    ['hold back', 'PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=1.6', ['playlist 1: EXT-X-SERVER-CONTROL changed from CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=1.5 to CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=1.6 (§6.2.1)']],
    ['control gone', /#EXT-X-SERVER.*\n/, '', ['playlist 1: parts need EXT-X-SERVER-CONTROL with PART-HOLD-BACK (§4.4.3.8)', 'playlist 1: EXT-X-SERVER-CONTROL changed from CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,HOLD-BACK=6,PART-HOLD-BACK=1.5 to nothing (§6.2.1)']],
    ['part URI', '16.0.m4s', '16.0b.m4s', ['playlist 1: part 16.0 has another URI than before (§6.2.1)']],
    ['part duration', '0.06667', '0.06668', ['playlist 1: part 13.4 has another DURATION than before (§6.2.1)']],
    ['part independent', '15.1.m4s",INDEPENDENT=YES', '15.1.m4s"', ['playlist 1: part 15.1: 0.2 s is less than 85 % of the part target of 0.5 s, and another part of its segment follows (§4.4.4.9)', 'playlist 1: part 15.1 has another INDEPENDENT than before (§6.2.1)']],
    ['part gone', /#EXT-X-PART.*13\.4.*\n/, '', ['playlist 1: part 13.4 is gone (§6.2.1)']],
    ['parts gone', /(#EXT-X-PART.*13\.\d.*\n)+/, '', ['playlist 1: segment 13: its parts are gone, less than three target durations from the end (§6.2.1)']],
    ['part after the end', /(#EXT-X-PART.*14\.1.*\n)/, '$1#EXT-X-PART:DURATION=0.01,URI="/media/b/720p/14.2.m4s"\n', ['playlist 1: segment 14: got another part after its end (§6.2.1)']],
    ['open segment gone', OPEN + part, '', ['playlist 1: segment 16: is gone with its parts (§6.2.1)']],
    ['date of the open segment', '00:00:42.000Z', '00:00:42.010Z', ['playlist 1: segment 16 has another date than before (§6.2.1)']],
    ['a report that goes back', 'LAST-MSN=15,LAST-PART=4', 'LAST-MSN=15,LAST-PART=3', ['playlist 1: the report of ../audio/index.m3u8 went back from 15.4 to 15.3 (§4.4.5.4)']],
  ]);
  t.strictSame(lintSeries([FULL, FULL.replace(HINT, HINT.replace('16.1', '17.0'))]), ['playlist 1: the hint of /media/b/720p/16.1.m4s is gone, and the part never came (§4.4.5.3)']);
  const missed = (texts: string[]): [string[], number] => {
    const series = new PlaylistSeries();
    return [texts.flatMap((text) => series.next(text)), series.missedHints];
  };
  t.strictSame(missed([FULL, next, closed]), [[], 0]);
  t.strictSame(missed([next, closed.replace(/#EXT.*16\.2.*\n#EXTINF:1.2/, '#EXTINF:1.0')]), [[], 1], 'a segment that ends a part early: allowed, and counted');
  const following = `#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:43.200Z\n#EXT-X-PART:DURATION=0.5,URI="/media/b/720p/17.0.m4s",INDEPENDENT=YES\n`;
  const two = closed.replace(HINT.replace('16.1', '17.0'), following + HINT.replace('16.1', '17.1'));
  const guess = next.replace('16.2', '17.0');
  t.strictSame(missed([guess, two]), [[], 1], 'a segment that goes on a part longer: the hint holds for the next one');
  t.strictSame(missed([guess, two.replace('17.0', '17a.0')]), [['part 16.2 is /media/b/720p/16.2.m4s, and the hint said /media/b/720p/17.0.m4s (§4.4.5.3)'], 1], 'unless that is elsewhere');
});

t.test('between renditions', async (t) => {
  const other = (name: string, reported: string[]): string => FULL.replaceAll('720p', name).replace(REPORTS, reported.map((one) => `#EXT-X-RENDITION-REPORT:URI="../${one}/index.m3u8",LAST-MSN=16,LAST-PART=0\n`).join(''));
  const texts = { '720p': other('720p', ['480p', 'audio']), '480p': other('480p', ['720p', 'audio']), audio: other('audio', ['720p', '480p']) };
  const lint = (all: Record<string, string>): string[] => [...lintRenditions(all), ...lintReports(all)];
  t.strictSame(lint(texts), []);
  fires(t, texts.audio, (audio) => lint({ ...texts, audio }), [
    ['control', 'PART-HOLD-BACK=1.5', 'PART-HOLD-BACK=1.6', ['audio and 720p have different EXT-X-SERVER-CONTROL (§6.2.4)']],
    ['a report too few', /#EXT-X-RENDITION.*720p.*\n/, '', ['audio has no EXT-X-RENDITION-REPORT of 720p (§B.1)']],
    ['a report of itself', '../480p', '../audio', ['audio has an EXT-X-RENDITION-REPORT of itself (§4.4.5.4)', 'audio has no EXT-X-RENDITION-REPORT of 480p (§B.1)']],
    ['a report behind', 'LAST-MSN=16,LAST-PART=0', 'LAST-MSN=15,LAST-PART=4', ['audio reports 15.4 as the end of 720p, and it is 16.0 (§4.4.5.4)']],
    ['a report ahead', 'LAST-PART=0', 'LAST-PART=1', ['audio reports 16.1 as the end of 720p, and it is 16.0 (§4.4.5.4)']],
  ]);
});

t.test('what broke low latency in the field is found', async (t) => {
  const first = FULL.replace('16.0.m4s', 'part388.m4s').replace('16.1', 'part389');
  const next = first.replace(HINT.replace('16.1', 'part389'), '#EXT-X-PART:DURATION=0.50000,URI="/media/b/720p/part390.m4s"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="/media/b/720p/part391.m4s"\n');
  const after = next.replace(/(#EXT-X-PRELOAD.*\n)/, '#EXTINF:1.00000,\n/media/b/720p/16.m4s\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:43.000Z\n#EXT-X-PART:DURATION=0.5,URI="/media/b/720p/part391.m4s",INDEPENDENT=YES\n');
  t.match(lintSeries([first, next, after]), [/part 16.1 is .*part390.m4s, and the hint said .*part389.m4s/], 'a part number left out: Safari waits for it (mediamtx#2317)');
  t.match(lintSeries([FULL, FULL.replace('PART-TARGET=0.5', 'PART-TARGET=0.4999')]).at(-1), /EXT-X-PART-INF changed/, 'a part target that follows the frame rate: Safari stops for good (mediamtx#6237)');
  const alone = FULL.replace(REPORTS, '');
  t.strictSame(lintReports({ '720p': alone, '480p': alone.replaceAll('720p', '480p') }), ['720p has no EXT-X-RENDITION-REPORT of 480p (§B.1)', '480p has no EXT-X-RENDITION-REPORT of 720p (§B.1)'], 'who cannot see how far the rung above has come stays on the lowest (the symptom of OvenMediaEngine#1450)');
  t.match(lintMediaPlaylist(FULL.replaceAll(/#EXT-X-PROGRAM.*\n/g, '')), [/§B.1/], 'players go back to ordinary HLS when a rule of §B.1 is broken (the symptom of OvenMediaEngine#1510)');
});
