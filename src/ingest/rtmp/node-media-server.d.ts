/** What we use of node-media-server 4.4.3, which ships no types. */
declare module 'node-media-server/src/protocol/rtmp.js' {
  class Rtmp {
    /** 0 nothing came, 1 C0 came, 2 C1 came and was answered, 3 done. */
    handshakeState: number;
    objectEncoding: number;
    onOutputCallback: (buffer: Buffer) => void;
    /** Runs the handshake, then hands what follows to `chunkRead`. */
    parserData(buffer: Buffer): string | null;
    chunkRead(data: Buffer, start: number, length: number): string | null;
    sendACK(sizeBytes: number): void;
    sendWindowACK(sizeBytes: number): void;
    setPeerBandwidth(sizeBytes: number, type: number): void;
    setChunkSize(sizeBytes: number): void;
    /** A user control message: event type and its 32-bit value. */
    sendStreamStatus(event: number, value: number): void;
    sendInvokeMessage(streamId: number, command: { cmd: string; transId: number; cmdObj: object | null; info?: unknown }): void;
    sendStatusMessage(streamId: number, level: string, code: string, description: string): void;
    respondCreateStream(transactionId: number): void;
  }
  export = Rtmp;
}

declare module 'node-media-server/src/core/logger.js' {
  const logger: { level: 'trace' | 'debug' | 'info' | 'warn' | 'error' };
  export = logger;
}
