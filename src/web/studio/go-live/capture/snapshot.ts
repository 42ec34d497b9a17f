import type { Picture } from '../publish/plan.js';
import type { Choices, Device } from './devices.js';
import type { CaptureKind } from './obstacle.js';

/** What the page shows of camera, microphone and screen. */
export interface CaptureSnapshot extends Choices {
  /** `closed`: the browser was not asked yet. */
  phase: 'closed' | 'opening' | 'open';
  /** What viewers see. */
  picture: Picture;
  /** Its track. */
  track: MediaStreamTrack | undefined;
  isCameraOn: boolean;
  isMuted: boolean;
  hasMicrophone: boolean;
  hasScreenSound: boolean;
  /** Whether the camera makes 1080 lines; true while nobody knows. */
  hasFullHd: boolean;
  cameras: Device[];
  microphones: Device[];
  problems: Partial<Record<CaptureKind, string>>;
}

/** Before the browser was asked. */
export function closedSnapshot(choices: Choices): CaptureSnapshot {
  return {
    ...choices, phase: 'closed', picture: 'slate', track: undefined, isCameraOn: true, isMuted: false,
    hasMicrophone: false, hasScreenSound: false, hasFullHd: true, cameras: [], microphones: [], problems: {},
  };
}
