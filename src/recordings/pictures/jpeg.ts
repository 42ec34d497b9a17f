const START = Buffer.from([0xff, 0xd8]);
const END = Buffer.from([0xff, 0xd9]);

/** Whether a file starts and ends as JPEG does (ITU-T T.81 §B.1.1.3): a cut one does not. */
export function isWholeJpeg(file: Buffer): boolean {
  return file.subarray(0, 2).equals(START) && file.subarray(-2).equals(END);
}
