/** Opens the device that was chosen; one that is gone is replaced by what the browser finds. */
export async function openDevice(id: string | undefined, wish: (id: string | undefined) => MediaStreamConstraints): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia(wish(id));
  } catch (error) {
    if (id === undefined || !(error instanceof Error) || error.name !== 'OverconstrainedError') throw error;
    return await navigator.mediaDevices.getUserMedia(wish(undefined));
  }
}

/** Whether a camera makes 1080 lines; true where the browser does not tell. */
export function makesFullHd(track: MediaStreamTrack | undefined): boolean {
  const height = track && 'getCapabilities' in track ? track.getCapabilities().height?.max : undefined;
  const width = track && 'getCapabilities' in track ? track.getCapabilities().width?.max : undefined;
  return height === undefined || width === undefined || Math.min(height, width) >= 1080;
}

export function stopAll(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
