import { Socket } from 'node:net';

const READ_BYTES = 65_536;

/**
 * Lets all connections of a listener read into one piece of memory. Node gives each read 64 KiB of its own, which costs
 * more in garbage collection than everything that is done with the bytes.
 */
export class SharedReads {
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  /**
   * Takes an accepted connection over from a listener with `pauseOnConnect`, and returns a paused socket in its place:
   * the bytes of its `data` events are only good until the listeners return. What Node cannot be made to hand over
   * goes on as it is.
   */
  adopt(accepted: Socket): Socket {
    const handle = takeHandle(accepted);
    if (handle === undefined) return accepted;
    const options = {
      allowHalfOpen: false,
      handle,
      onread: {
        buffer: this.#buffer,
        callback: (sizeBytes: number, buffer: Uint8Array): boolean => socket.emit('data', buffer.subarray(0, sizeBytes)),
      },
    };
    const socket = new Socket(options);
    return socket.pause();
  }
}

/** The kernel's side of a socket, which `onread` needs at its construction; the way in which Node passes sockets on to children. */
function takeHandle(socket: Socket): object | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null) return undefined;
  Reflect.set(socket, '_handle', null);
  socket.destroy(); // the listener counts it as gone
  return handle;
}
