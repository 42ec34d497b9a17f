/** Somewhere to ask for a file whose bytes came wrong. */
export interface FileSource {
  /** As people know it. */
  name: string;
  /** @param file.url where it came wrong from. */
  addressOf(file: { url: string; cid: string }): string;
}

const TIMEOUT_MS = 8_000;

/** In the order in which they are asked. @param gateways IPFS gateways elsewhere, such as `https://ipfs.example.org`. */
export function fileSources(gateways: string[]): FileSource[] {
  return [
    // Something between here and the server may have kept it wrong.
    { name: 'the server, asked again', addressOf: ({ url }) => url },
    { name: 'the server’s IPFS gateway', addressOf: ({ cid }) => `/ipfs/${cid}` },
    ...gateways.map((gateway) => ({ name: new URL(gateway).host, addressOf: ({ cid }: { cid: string }) => `${gateway.replace(/\/$/, '')}/ipfs/${cid}` })),
  ];
}

/** The bytes at an address, past every cache; undefined when they do not come. A source that never ends is read little further than `maxBytes`. */
export async function fetchBytes(address: string, { maxBytes, signal }: { maxBytes: number; signal: AbortSignal }): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const response = await fetch(address, { cache: 'reload', credentials: 'omit', signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
    return response.ok && response.body !== null ? await readUpTo(response.body, maxBytes) : undefined;
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}

/** A stream's bytes, read no further than one piece past `maxBytes`. */
export async function readUpTo(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    pieces.push(read.value);
    sizeBytes += read.value.length;
    if (sizeBytes > maxBytes) {
      await reader.cancel();
      break;
    }
  }
  return joined(pieces, sizeBytes);
}

function joined(pieces: Uint8Array[], sizeBytes: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(sizeBytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
