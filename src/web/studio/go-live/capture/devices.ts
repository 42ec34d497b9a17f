import type { Remembered } from '../../../api/session.js';

/** One entry of a device menu. */
export interface Device {
  id: string;
  label: string;
}

/** Heights of picture that can be chosen. */
export type Lines = 720 | 1080;

/** The part of the browser's device list that a menu needs. */
type Listed = Pick<MediaDeviceInfo, 'deviceId' | 'kind' | 'label'>;

/** The devices of one kind; without permission browsers list them without ids, and those are left out. */
export function devicesOf(list: readonly Listed[], kind: 'videoinput' | 'audioinput'): Device[] {
  const known = list.filter((one) => one.kind === kind && one.deviceId !== '');
  const noun = kind === 'videoinput' ? 'Camera' : 'Microphone';
  return known.map(({ deviceId, label }, index) => ({ id: deviceId, label: label === '' ? `${noun} ${index + 1}` : withoutUsbId(label) }));
}

/** Chrome adds the vendor and product to a name: `C920 (046d:082d)`. */
function withoutUsbId(label: string): string {
  return label.replace(/ \([0-9a-f]{4}:[0-9a-f]{4}\)$/i, '');
}

const WIDTHS = { 720: 1280, 1080: 1920 };

/** What the camera is asked for; without a device the browser chooses one. */
export function cameraWish(deviceId: string | undefined, lines: Lines): MediaTrackConstraints {
  return { ...deviceWish(deviceId), width: { ideal: WIDTHS[lines] }, height: { ideal: lines }, frameRate: { ideal: 30, max: 30 } };
}

export function microphoneWish(deviceId: string | undefined): MediaTrackConstraints {
  return { ...deviceWish(deviceId), channelCount: { ideal: 2 } };
}

/** No larger than the camera's picture may be: a 4K screen would cost four times the bitrate. */
export function screenWish(lines: Lines): MediaTrackConstraints {
  return { width: { max: WIDTHS[lines] }, height: { max: lines }, frameRate: { ideal: 30, max: 30 } };
}

function deviceWish(deviceId: string | undefined): MediaTrackConstraints {
  return deviceId === undefined ? {} : { deviceId: { exact: deviceId } };
}

/** What a streamer chose the last time, on this browser. */
export interface Choices {
  cameraId: string | undefined;
  microphoneId: string | undefined;
  lines: Lines;
}

const KEY = 'tidemark.go-live';

export function readChoices(remembered: Remembered): Choices {
  const [cameraId = '', microphoneId = '', lines = ''] = (remembered.getItem(KEY) ?? '').split('\n');
  return { cameraId: cameraId || undefined, microphoneId: microphoneId || undefined, lines: lines === '1080' ? 1080 : 720 };
}

export function rememberChoices(remembered: Remembered, { cameraId = '', microphoneId = '', lines }: Choices): void {
  remembered.setItem(KEY, [cameraId, microphoneId, lines].join('\n'));
}
