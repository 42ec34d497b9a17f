import t from 'tap';
import { OpusEncode } from '../../../src/transcode/encode/opus-encode.js';
import { audioConfig, audioFrame } from '../../support/frames.js';
import { recordingLog } from '../../support/log.js';
import { until } from '../../support/until.js';

const ffmpegPath = process.env['FFMPEG_PATH'] ?? 'ffmpeg';

t.test('who stops listening before the first sound leaves no error in the log', async (t) => {
  const log = recordingLog();
  const encode = new OpusEncode({ ffmpegPath, config: audioConfig(), onPacket: () => undefined, log });
  encode.push(audioFrame(0));
  await until('FFmpeg runs', () => log.lines.find(({ message }) => message === 'Opus encode started'));
  encode.close();
  await encode.ended;
  t.same(log.lines.map(({ level, message }) => `${level}: ${message}`), ['info: Opus encode started', 'info: Opus encode ended']);
});

t.test('an FFmpeg that ends by itself is an error', async (t) => {
  const log = recordingLog();
  const encode = new OpusEncode({ ffmpegPath, config: audioConfig(), onPacket: () => undefined, log });
  t.after(() => encode.close());
  encode.push(audioFrame(0));
  const pid = await until('FFmpeg runs', () => log.lines[0]?.fields['pid']);
  process.kill(Number(pid), 'SIGTERM');
  t.match(await until('it is told', () => log.lines[1]), { level: 'error', message: 'FFmpeg for Opus ended unexpectedly' });
});
