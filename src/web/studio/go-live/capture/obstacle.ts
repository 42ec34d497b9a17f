/** What this page asks the browser for. */
export type CaptureKind = 'camera' | 'microphone' | 'screen';

export interface Surroundings {
  /** Opened by https, or on the machine that runs the server. */
  isSecure: boolean;
  hasDevices: boolean;
  hasWebRtc: boolean;
}

/** Why nobody can go live from this browser at all, and what to do; undefined when it can. */
export function obstacleIn({ isSecure, hasDevices, hasWebRtc }: Surroundings): string | undefined {
  if (!isSecure) return 'Browsers give camera and microphone to pages with an https address only. Open this page by https; if there is no such address yet, ask the person who runs this server.';
  if (!hasDevices) return 'This browser gives no camera or microphone to web pages. Use a current Chrome, Edge, Firefox or Safari.';
  if (!hasWebRtc) return 'This browser cannot send video (WebRTC is missing or switched off). Use a current Chrome, Edge, Firefox or Safari.';
  return undefined;
}

const REFUSED = {
  camera: 'This page may not use the camera. Allow it in the browser’s address bar, then try again.',
  microphone: 'This page may not use the microphone. Allow it in the browser’s address bar, then try again.',
  screen: 'No screen was chosen, so none is shared.',
};
/** The browser would, but its own permission is missing one floor below. */
const REFUSED_BY_SYSTEM = {
  camera: 'The system keeps the camera from this browser. Allow it in the system’s privacy settings, then try again.',
  microphone: 'The system keeps the microphone from this browser. Allow it in the system’s privacy settings, then try again.',
  screen: 'The system keeps the browser from recording the screen. Allow it in the system’s privacy settings, then try again.',
};
const MISSING = {
  camera: 'No camera was found. Plug one in, or share a screen.',
  microphone: 'No microphone was found. Plug one in, or go live without sound.',
  screen: 'There is no screen to share.',
};
const BUSY = {
  camera: 'The camera does not start. Another program may be using it: close that one and try again.',
  microphone: 'The microphone does not start. Another program may be using it: close that one and try again.',
  screen: 'The screen could not be recorded. Try again, or choose another window.',
};
const UNKNOWN = {
  camera: 'The camera does not start. Unplug it, plug it in again and try again.',
  microphone: 'The microphone does not start. Unplug it, plug it in again and try again.',
  screen: 'This browser cannot share a screen.',
};

/** Why a camera, microphone or screen did not open, and what to do (Media Capture and Streams §10.2). */
export function captureWords(kind: CaptureKind, error: unknown): string {
  if (!(error instanceof Error)) return UNKNOWN[kind];
  if (error.name === 'NotAllowedError' || error.name === 'SecurityError') return (/system/i.test(error.message) ? REFUSED_BY_SYSTEM : REFUSED)[kind];
  if (error.name === 'NotFoundError' || error.name === 'OverconstrainedError') return MISSING[kind];
  return error.name === 'NotReadableError' || error.name === 'AbortError' ? BUSY[kind] : UNKNOWN[kind];
}

export const UNPLUGGED = {
  camera: 'The camera is gone. Plug it in again, or choose another one.',
  microphone: 'The microphone is gone: viewers hear nothing of it. Plug it in again, or choose another one.',
};
