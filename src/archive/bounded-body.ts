/** What a server sends, as far as it may send so much. @throws when it sends more */
export async function wholeBody(response: Response, maxBytes: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const piece of piecesOf(response.body)) {
    sizeBytes += piece.length;
    if (sizeBytes > maxBytes) throw new Error(`${response.url} sends more than ${maxBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

export async function* piecesOf(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } finally {
    // Who reads no further wants no more of it.
    await reader.cancel().catch(() => undefined);
  }
}
