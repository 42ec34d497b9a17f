import t from 'tap';
import type { ChannelHealth } from '../../src/web/api/contract.js';
import { coverArt } from '../../src/web/channel/cover-art.js';
import { HISTORY_LENGTH, historyAfter, NO_HISTORY, sparkPath } from '../../src/web/studio/health-history.js';

t.test('the same slug always has the same sea, another one another', async (t) => {
  t.same(coverArt('ada'), coverArt('ada'));
  t.notSame(coverArt('ada'), coverArt('adb'));
  t.equal(new Set(Array.from({ length: 64 }, (_, index) => coverArt(`channel-${index}`).sky.join())).size, 8, 'every hour of the day comes up');
  t.notMatch(JSON.stringify(coverArt('x'.repeat(30))), /null|NaN/);
});

const health = (fps: number | undefined): ChannelHealth => ({
  state: 'live', advice: [],
  ...(fps === undefined ? {} : {
    publication: { protocol: 'rtmp', encoder: '', remoteAddress: '', connectedSec: 1 },
    source: { fps, videoKbps: fps * 100, keyFrameIntervalSec: null, hasBFrames: false },
  }),
});

t.test('two minutes of health', async (t) => {
  const answers = Array.from({ length: HISTORY_LENGTH + 5 }, (_, index) => health(index));
  const history = answers.reduce(historyAfter, NO_HISTORY);
  t.same([history.fps.length, history.fps[0], history.videoKbps.at(-1)], [HISTORY_LENGTH, 5, 6400]);
  t.same(historyAfter(NO_HISTORY, health(undefined)), { fps: [undefined], videoKbps: [undefined] }, 'nothing came in');
});

t.test('the line of a sparkline', async (t) => {
  const width = HISTORY_LENGTH - 1;
  t.equal(sparkPath([], width, 115), '');
  t.equal(sparkPath([0, 50, 100], width, 115), 'M57.0 115.0L58.0 65.0L59.0 15.0', 'the newest is at the right, zero at the foot');
  t.equal(sparkPath([100, undefined, 100, 100], width, 115), 'M56.0 15.0M58.0 15.0L59.0 15.0', 'a gap stays a gap');
});
