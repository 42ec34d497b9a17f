import t from 'tap';
import type { Media } from '../../src/streams/index.js';
import { SourceMeter } from '../../src/streams/source-meter.js';
import { SourceProbe } from '../../src/transcode/source-probe.js';
import { audioConfig, audioFrame, frameTimes, videoConfig, videoFrame } from '../support/frames.js';

const videoSetup: Media = { type: 'config', config: videoConfig() };
const audioSetup: Media = { type: 'config', config: audioConfig() };

interface Source {
  configs?: Media[];
  fps?: number;
  keySec?: number;
  /** Time of the first key frame. */
  firstKeySec?: number;
  videoFromSec?: number;
  audioFromSec?: number;
  sizeBytes?: number;
}

/** When the source is known, seconds of media, and what was collected; undefined when it is not after so long. */
function probe(source: Source, options: { mustPass?: boolean; forSec?: number } = {}) {
  const { configs = [videoSetup, audioSetup], fps = 25, keySec = 2, firstKeySec = 0, videoFromSec = 0, audioFromSec = 0, sizeBytes = 1000 } = source;
  const forMs = (options.forSec ?? 30) * 1000;
  const meter = new SourceMeter();
  const made = new SourceProbe({ maxKeyFrameIntervalSec: 2.4, mustPass: options.mustPass ?? false });
  const isKey = (timeMs: number): boolean => timeMs >= firstKeySec * 1000 && (timeMs - firstKeySec * 1000) % (keySec * 1000) === 0;
  const frames: Media[] = [
    ...(videoFromSec === Infinity ? [] : frameTimes(fps, videoFromSec * 1000, forMs).map((timeMs): Media => ({ type: 'frame', frame: videoFrame(timeMs, { isKey: isKey(timeMs), sizeBytes }) }))),
    ...(audioFromSec === Infinity ? [] : frameTimes(50, audioFromSec * 1000, forMs).map((timeMs): Media => ({ type: 'frame', frame: audioFrame(timeMs) }))),
  ];
  frames.sort((a, b) => (a.type === 'frame' ? a.frame.dtsMs : 0) - (b.type === 'frame' ? b.frame.dtsMs : 0));
  for (const media of [...configs, ...frames]) {
    meter.measure(media);
    made.add(media);
    const taken = made.take(() => meter.facts());
    if (taken) return { atSec: media.type === 'frame' ? media.frame.dtsMs / 1000 : 0, frames: taken };
  }
  return undefined;
}

t.test('when a source is known', async (t) => {
  t.equal(probe({})?.atSec, 2, 'at the second key frame');
  t.equal(probe({ keySec: 1 })?.atSec, 1);
  t.equal(probe({ keySec: 0.2, audioFromSec: Infinity, configs: [videoSetup] })?.atSec, 1, 'sound may come a second late');
  t.equal(probe({ keySec: 10 })?.atSec, 2.6, 'a source with long groups is encoded anew: no need to see the second one');
  t.equal(probe({ keySec: 10 }, { mustPass: true })?.atSec, 10, 'unless it has to pass');
  t.equal(probe({ keySec: 30 }, { mustPass: true })?.atSec, 12, 'not for ever');
  t.equal(probe({ configs: [audioSetup], videoFromSec: Infinity })?.atSec, 2, 'sound alone');
  t.equal(probe({ configs: [] }), undefined, 'nothing can be decoded without a configuration');
  t.equal(probe({ firstKeySec: 100, audioFromSec: Infinity, configs: [videoSetup] }), undefined, 'nor without a key frame');
});

t.test('what is collected starts at the first key frame', async (t) => {
  const late = probe({ firstKeySec: 0.6 });
  t.match(late?.frames.find((frame) => frame.kind === 'video'), { dtsMs: 600, isKey: true });
  t.ok(late?.frames.every((frame) => frame.ptsMs >= 600), 'sound from before it would be heard over nothing');
  t.equal(late?.frames.filter((frame) => frame.kind === 'video').length, (late ? Math.round((late.atSec - 0.6) * 25) : 0) + 1, 'and nothing after it is lost');
});

t.test('what is kept waiting is bounded', async (t) => {
  const MIB = 1 << 20;
  const huge = probe({ keySec: 30, sizeBytes: MIB, fps: 50 }, { mustPass: true });
  t.ok(huge && huge.atSec < 1.2, 'a source of 50 MiB a second is planned with what is known by then');
  const made = new SourceProbe({ maxKeyFrameIntervalSec: 2.4, mustPass: false });
  const meter = new SourceMeter();
  made.add(videoSetup);
  made.add(audioSetup);
  for (let i = 0; i < 100; i++) made.add({ type: 'frame', frame: audioFrame(i * 20, { sizeBytes: MIB }) });
  made.add({ type: 'frame', frame: videoFrame(1_000, { isKey: true }) });
  made.add({ type: 'frame', frame: videoFrame(3_000, { isKey: true }) });
  const frames = made.take(() => meter.facts()) ?? [];
  t.ok(frames.length > 0 && frames.reduce((sum, frame) => sum + frame.payload.length, 0) <= 50 * MIB, 'sound without pictures is not kept for ever');
});
