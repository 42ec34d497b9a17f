import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { EncodedPacketSink, HLS_FORMATS, Input, UrlSource } from 'mediabunny';
import t from 'tap';
import { startApp } from '../support/app.js';
import { findPlaylist, segmentsOf, untilPlaylist } from '../support/hls.js';
import { copyOf, end, makeSourceFile, obsLike, publish } from '../support/publisher.js';
import { until } from '../support/until.js';

const run = promisify(execFile);
const READ_SEC = 20;
const GSTREAMER = '/usr/bin/gst-launch-1.0';
const noGStreamer = existsSync(GSTREAMER) ? false : 'GStreamer is not installed (apt-get install gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-libav)';
const NAMES = ['source', '360p', 'audio'];

t.test('independent readers take every rung of a live broadcast', async (t) => {
  const app = await startApp(t, { transcode: { ladder: ['360p'] } });
  const file = await makeSourceFile(t, obsLike({ seconds: 30 }));
  publish(t, { url: app.publishUrl, args: copyOf(file, { loop: true }) });
  for (const name of NAMES) {
    await untilPlaylist(`${app.url}/hls/ada/${name}/index.m3u8`, `two segments of ${name}`, (text) => segmentsOf(text).length >= 2);
  }

  await t.test('FFmpeg reads each for 20 s without a warning', async (t) => {
    await Promise.all(NAMES.map(async (name) => {
      const { stderr, stdout } = await run('ffmpeg', ['-v', 'warning', '-i', `${app.url}/hls/ada/${name}/index.m3u8`, '-t', String(READ_SEC), '-c', 'copy', '-f', 'framehash', '-hash', 'crc32', '-']);
      t.equal(withoutReloads(stderr), '', `${name} without a warning`);
      t.ok(stdout.split('\n').filter((line) => line.startsWith('0,')).length > READ_SEC * 20, `${name} with its frames`);
    }));
  });

  await t.test('ffprobe finds the streams that the multivariant playlist promises', async (t) => {
    const { stdout, stderr } = await run('ffprobe', ['-v', 'warning', '-show_entries', 'stream=codec_name,width,height,channels', '-of', 'json', `${app.url}/hls/ada/master.m3u8`]);
    t.equal(stderr, '');
    const { streams } = JSON.parse(stdout) as { streams: { codec_name: string; height?: number }[] };
    t.same([...new Set(streams.map((stream) => `${stream.codec_name} ${stream.height ?? ''}`.trim()))].sort(), ['aac', 'h264 360', 'h264 720']);
  });

  await t.test('mediabunny reads pictures and sound of every rung', async (t) => {
    const input = new Input({ source: new UrlSource(`${app.url}/hls/ada/master.m3u8`), formats: HLS_FORMATS });
    const heights: number[] = [];
    for (const track of await input.getTracks()) {
      const packets = new EncodedPacketSink(track).packets();
      const timestamps: number[] = [];
      for await (const packet of packets) {
        timestamps.push(packet.timestamp);
        if (timestamps.length === 60) break;
      }
      t.equal(timestamps.length, 60, `${track.type} has packets`);
      if (track.isVideoTrack()) heights.push(await track.getCodedHeight());
    }
    t.same(heights.sort(), [360, 720]);
  });

  await t.test('GStreamer plays 10 s of pictures at their pace, without a warning', { skip: noGStreamer }, async (t) => {
    // On its first run it looks through all plugins, and warns of what it finds there.
    await run('gst-inspect-1.0', ['fakesink']);
    const sinks = ['video-sink=fpsdisplaysink video-sink=fakesink text-overlay=false sync=true', 'audio-sink=fakesink sync=true'];
    const child = spawn(GSTREAMER, ['-v', 'playbin3', `uri=${app.url}/hls/ada/master.m3u8`, ...sinks], { env: { ...process.env, GST_DEBUG: '2', GST_DEBUG_NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'pipe'] });
    t.after(() => end(child));
    let [shown, said] = [0, ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown = Number([...text.matchAll(/rendered: (\d+)/g)].at(-1)?.[1] ?? shown);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => { said += text; });
    await until('300 pictures', () => shown >= 300 || undefined, 30_000);
    // It cannot print one of its own objects, and says so.
    t.same(said.split('\n').filter((line) => /WARN|ERROR/.test(line) && !line.includes('No value transform')), []);
  });

  await t.test('what is listed can be fetched, with the length that is promised', async (t) => {
    const segments = segmentsOf((await findPlaylist(`${app.url}/hls/ada/360p/index.m3u8`)) ?? '');
    for (const segment of segments) {
      const response = await app.get(segment.uri);
      t.equal(response.status, 200);
      t.equal((await response.arrayBuffer()).byteLength, Number(response.headers.get('content-length')), segment.uri);
    }
  });
});

/** FFmpeg up to 7 reads the init segment again after each reload of any live fMP4 playlist, and warns of itself. */
function withoutReloads(stderr: string): string {
  return stderr.split('\n').filter((line) => !/Found duplicated MOOV Atom|Last message repeated|^\s*$|^Skipped it/.test(line)).join('\n');
}
