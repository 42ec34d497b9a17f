import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import t from 'tap';
import type { Test } from 'tap';
import { exactCut } from '../../../src/recordings/clips/exact/exact-cut.js';
import { pictureEncoder } from '../../../src/recordings/clips/exact/picture-encoder.js';
import { planMp4 } from '../../../src/recordings/index.js';
import type { Mp4Track } from '../../../src/recordings/index.js';
import { parseFlvTag } from '../../../src/streams/index.js';
import { makeEnhanced } from '../../support/enhanced.js';
import { beepTimes } from '../../support/flash-beep.js';
import { makeFlv, readFlv } from '../../support/flv.js';
import { numberedPictures, readNumbers } from '../../support/numbered.js';
import { Recorded } from '../../support/recorded.js';

const encode = pictureEncoder({ ffmpegPath: 'ffmpeg', signal: new AbortController().signal });
const AAC_FRAME_SEC = 1024 / 48_000;

/** Eight seconds as a publisher would send them, packed. */
async function record(t: Test, encoder: string[], fps = '30'): Promise<Mp4Track[]> {
  const recorded = await Recorded.open(t);
  const flv = await makeFlv([...numberedPictures({ seconds: 8, fps }), ...encoder]);
  recorded.add(readFlv(flv).map(({ media }) => media));
  return recorded.tracks();
}

/** The segments that hold a stretch, as if the file began with the first of them. */
function segmentsOf(tracks: Mp4Track[], { fromMs, untilMs }: { fromMs: number; untilMs: number }): Mp4Track[] {
  return tracks.map((track) => ({ ...track, segments: track.segments.filter(({ atMs, durationMs }) => atMs + durationMs > fromMs && atMs < untilMs) }));
}

/** The file of a stretch: numbers and times of its pictures, and when it beeps. */
async function cut(tracks: Mp4Track[], { fromMs, untilMs }: { fromMs: number; untilMs: number }) {
  const whole = segmentsOf(tracks, { fromMs, untilMs });
  const exact = await exactCut({ tracks: whole, fromMs, untilMs }, encode);
  const plan = await planMp4(exact.tracks);
  const file = path.join(path.dirname(tracks[0]?.segments[0]?.file ?? ''), 'clip.mp4');
  await writeFile(file, await buffer(plan.read()));
  return { leadMs: exact.leadMs, durationMs: plan.durationMs, pictures: await readNumbers(file), beeps: await beepTimes(file) };
}

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-profile:v', 'high', '-sc_threshold', '0'];
const SOURCES = {
  'B-frames': { encoder: [...X264, '-bf', '2', '-g', '60'], fps: 30 },
  'a pyramid of them, 29.97 pictures a second': { encoder: [...X264, '-preset', 'medium', '-bf', '3', '-g', '60'], fps: 30_000 / 1001 },
  'several key frames in a segment': { encoder: [...X264, '-bf', '2', '-g', '20'], fps: 30 },
  'no B-frames': { encoder: [...X264, '-tune', 'zerolatency', '-g', '60'], fps: 30 },
};
const STRETCHES = [
  { what: 'between two key frames', fromMs: 700, untilMs: 5700 },
  { what: 'of the last pictures of a segment', fromMs: 1950, untilMs: 6950 },
  { what: 'inside of a segment', fromMs: 2500, untilMs: 3200 },
  { what: 'at a key frame', fromMs: 4000, untilMs: 7000 },
];

for (const [of, { encoder, fps }] of Object.entries(SOURCES)) {
  t.test(`of ${of}`, async (t) => {
    const tracks = await record(t, encoder, fps === 30 ? '30' : '30000/1001');
    for (const { what, ...stretch } of STRETCHES) {
      t.test(what, async (t) => {
        const { pictures, beeps, durationMs, leadMs } = await cut(tracks, stretch);
        const wantedSec = (stretch.untilMs - stretch.fromMs) / 1000;
        const first = Math.floor((stretch.fromMs + 1) * (fps / 1000));
        t.same(pictures.map(({ number }) => number), Array.from({ length: Math.round(wantedSec * fps) }, (_, i) => first + i), 'what was on the screen comes first, then each picture once');
        t.same(pictures.filter(({ timeSec }, i) => Math.abs(timeSec - i / fps) > 0.002), [], 'at its time');
        t.ok(Math.abs(durationMs - wantedSec * 1000) < 1, `${durationMs} ms`);
        t.ok(leadMs <= stretch.fromMs + 1 && leadMs > stretch.fromMs - 1000 / fps, `${leadMs} ms are left out`);
        // The first piece of sound is faded in: the one that it overlaps with is not there.
        t.same(beeps.filter((sec) => Math.abs((sec + leadMs / 1000 + 1) % 2 - 1) > AAC_FRAME_SEC), [], 'sound stays with its pictures');
      });
    }
  });
}

t.test('nothing is encoded where a key frame is on the screen', async (t) => {
  const tracks = await record(t, [...X264, '-g', '60']);
  const stretch = { fromMs: 2000, untilMs: 7000 };
  const { tracks: [video], leadMs } = await exactCut({ tracks: segmentsOf(tracks, stretch), ...stretch }, async () => {
    throw new Error('it was');
  });
  t.match([video?.head, leadMs], [undefined, 2000]);
});

t.test('other codecs are not cut to the frame', async (t) => {
  const recorded = await Recorded.open(t);
  const tags = await makeEnhanced({ codec: 'hevc', seconds: 4, hasAudio: false });
  recorded.add(tags.flatMap(({ type, timestampMs, body }) => parseFlvTag(type, timestampMs, body) ?? []));
  await t.rejects(cut(await recorded.tracks(), { fromMs: 700, untilMs: 3000 }), { code: 'clip_inexact', message: /hvc1/ });
});

t.test('an encoder that fails, or gives less than it was asked for', async (t) => {
  const wish = { initFile: 'package.json', file: 'package.json', startTicks: 0, untilTicks: Infinity, count: 60 };
  for (const ffmpegPath of ['false', 'true']) {
    await t.rejects(pictureEncoder({ ffmpegPath, signal: new AbortController().signal })(wish), { code: 'clip_inexact' });
  }
  await t.rejects(pictureEncoder({ ffmpegPath: 'cat', signal: AbortSignal.abort() })(wish), { code: 'clip_inexact' }, 'or was ended');
});
