/** A stretch of a coded picture, from `start` up to `end`. */
export interface Piece {
  start: number;
  end: number;
}

/** The pieces one after the other: a view where they lie side by side, so that nothing is copied. Undefined for none. */
export function joinPieces(bytes: Buffer, pieces: Piece[]): Buffer | undefined {
  const [first, last] = [pieces[0], pieces.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const isOneStretch = pieces.every((piece, i) => i === 0 || pieces[i - 1]?.end === piece.start);
  if (isOneStretch) return bytes.subarray(first.start, last.end);
  return Buffer.concat(pieces.map(({ start, end }) => bytes.subarray(start, end)));
}
