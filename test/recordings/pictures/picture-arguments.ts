import t from 'tap';
import { pictureArguments } from '../../../src/recordings/pictures/picture-arguments.js';

t.test('the first tile of a sheet', async (t) => {
  t.equal(pictureArguments({ x: 0, y: 0, sheetFile: undefined }).join('\n'), `-hide_banner
-nostdin
-loglevel
error
-max_alloc
268435456
-max_pixels
36000000
-filter_complex_threads
1
-threads
1
-skip_frame
nokey
-protocol_whitelist
pipe
-f
mp4
-i
pipe:0
-filter_complex
[0:v]trim=end_frame=1,setpts=0,scale=w='2*max(1,round(iw*sar*min(1,640/max(iw*sar,ih))/2))':h='2*max(1,round(ih*min(1,640/max(iw*sar,ih))/2))',setsar=1,format=yuvj420p,split=3[picture][forTile][forGrey];[forTile]scale=160:90:force_original_aspect_ratio=decrease,pad=160:90:(ow-iw)/2:(oh-ih)/2,setsar=1[tile];[tile]pad=1600:900:0:0[sheet];[forGrey]scale=32:18,format=gray[grey]
-map
[picture]
-frames:v
1
-threads
1
-q:v
4
-f
mjpeg
pipe:3
-map
[sheet]
-frames:v
1
-threads
1
-q:v
4
-f
mjpeg
pipe:4
-map
[grey]
-frames:v
1
-f
rawvideo
pipe:1`);
});

t.test('another tile is laid on the sheet that is there', async (t) => {
  const args = pictureArguments({ x: 320, y: 180, sheetFile: '/media/a:b/board-0.jpg' });
  t.match(args.join(' '), ' -i pipe:0 -f jpeg_pipe -i file:/media/a:b/board-0.jpg -filter_complex ');
  t.match(args.join(' '), ';[1:v][tile]overlay=320:180[sheet];');
});
