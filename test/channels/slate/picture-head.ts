import t from 'tap';
import { readPictureHead } from '../../../src/channels/slate/picture-head.js';
import { makePicture, ONE_JPEG, ONE_PNG } from '../../support/pictures.js';

t.test('format and size are read', async (t) => {
  t.strictSame(readPictureHead(makePicture('testsrc2=s=640x360', ONE_PNG)), { format: 'png', width: 640, height: 360, isAnimated: false });
  t.strictSame(readPictureHead(makePicture('testsrc2=s=642x362', ONE_JPEG)), { format: 'jpeg', width: 642, height: 362, isAnimated: false });
  t.strictSame(readPictureHead(webp('VP8 ', '000000000000009d012a80026801')), { format: 'webp', width: 640, height: 360, isAnimated: false });
  t.strictSame(readPictureHead(webp('VP8L', '000000002f7fc259000000000000')), { format: 'webp', width: 640, height: 360, isAnimated: false });
  t.strictSame(readPictureHead(webp('VP8X', '00000000100000007f0200670100')), { format: 'webp', width: 640, height: 360, isAnimated: false });
});

t.test('what moves is told', async (t) => {
  t.match(readPictureHead(makePicture('testsrc2=s=640x360', ['-frames:v', '2', '-f', 'apng'])), { format: 'png', isAnimated: true });
  t.match(readPictureHead(webp('VP8X', '00000000020000007f0200670100')), { format: 'webp', isAnimated: true });
});

t.test('other files are none of the three', async (t) => {
  const others = [Buffer.alloc(0), Buffer.from('GIF89a'), Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), Buffer.from('#!/bin/sh'), Buffer.from('RIFF0000WAVEfmt ')];
  t.same(others.map(readPictureHead), others.map(() => undefined));
});

t.test('a head that breaks off, at any byte, has no size, and one with lies in it ends', async (t) => {
  const [png, jpeg] = [makePicture('testsrc2=s=640x360', ONE_PNG), makePicture('testsrc2=s=640x360', ONE_JPEG)];
  for (let length = 8; length < 24; length++) t.match(readPictureHead(png.subarray(0, length)), { width: 0, height: 0 });
  for (let length = 3; length < 29; length++) t.match(readPictureHead(jpeg.subarray(0, length)), { width: 0, height: 0 });
  for (let length = 12; length < 30; length++) t.match(readPictureHead(webp('VP8X', '00000000020000007f0200670100').subarray(0, length)), { width: 0, height: 0 });
  t.match(readPictureHead(Buffer.from('ffd8ffe00000ffe00000ffe00000', 'hex')), { width: 0 }, 'a segment without a length');
  t.match(readPictureHead(Buffer.concat([jpeg.subarray(0, 2), Buffer.alloc(1000, 0xff)])), { width: 0 }, 'nothing but filling');
});

/** A file whose first chunk begins so. */
function webp(name: string, hex: string): Buffer {
  return Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP', 'latin1'), Buffer.from(name), Buffer.from(hex, 'hex'), Buffer.alloc(8)]);
}
