/**
 * Plays with sound if the browser lets it, else without, else waits for a click. Nothing is done any more once `signal`
 * is aborted.
 */
export async function startPlaying(video: HTMLVideoElement, on: { silenced: () => void; blocked: () => void; signal: AbortSignal }): Promise<void> {
  try {
    await video.play();
  } catch (error) {
    if (!isNotAllowed(error) || on.signal.aborted) return;
    if (video.muted) return on.blocked();
    video.muted = true;
    on.silenced();
    await startPlaying(video, on);
  }
}

function isNotAllowed(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotAllowedError';
}
