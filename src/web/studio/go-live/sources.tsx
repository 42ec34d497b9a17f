import { useId } from 'react';
import { Notice } from '../../controls/notice.js';
import { bitrate } from '../../words/figures.js';
import type { Capture } from './capture/capture.js';
import type { Device, Lines } from './capture/devices.js';
import { LevelMeter } from './level-meter.js';
import { VIDEO_KBPS } from './publish/plan.js';
import { useSnapshot } from './use-capture.js';

/** Which camera and microphone, how large a picture, and how loud it is. */
export function Sources({ capture }: { capture: Capture }) {
  const { phase, cameras, microphones, cameraId, microphoneId, isMuted, problems } = useSnapshot(capture);
  const isOpen = phase === 'open';
  return (
    <section className="panel" aria-labelledby="sources-title">
      <h2 id="sources-title">Camera and sound</h2>
      {problems.camera && <Notice level="warn">{problems.camera}</Notice>}
      <DeviceMenu label="Camera" devices={cameras} selected={cameraId} isReady={isOpen} onSelect={(id) => void capture.chooseCamera(id)} />
      {problems.microphone && <Notice level="warn">{problems.microphone}</Notice>}
      <DeviceMenu label="Microphone" devices={microphones} selected={microphoneId} isReady={isOpen} onSelect={(id) => void capture.chooseMicrophone(id)} />
      {isOpen && <LevelMeter mixer={capture.mixer} isMuted={isMuted} />}
      {isOpen && (problems.camera ?? problems.microphone) && <button type="button" className="button" onClick={() => void capture.retry()}>Try again</button>}
      <PictureSize capture={capture} />
    </section>
  );
}

interface DeviceMenuProps {
  label: string;
  devices: Device[];
  selected: string | undefined;
  isReady: boolean;
  onSelect: (id: string) => void;
}

function DeviceMenu({ label, devices, selected, isReady, onSelect }: DeviceMenuProps) {
  const id = useId();
  const isKnown = devices.some((device) => device.id === selected);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} disabled={devices.length === 0} value={isKnown ? selected : ''} onChange={(event) => onSelect(event.target.value)}>
        {!isKnown && <option value="" disabled>{emptyWords(label, isReady, devices.length)}</option>}
        {devices.map((device) => <option key={device.id} value={device.id}>{device.label}</option>)}
      </select>
    </div>
  );
}

function emptyWords(label: string, isReady: boolean, count: number): string {
  if (!isReady) return 'Not turned on yet';
  return count === 0 ? `No ${label.toLowerCase()} found` : `Choose a ${label.toLowerCase()}`;
}

function PictureSize({ capture }: { capture: Capture }) {
  const { lines, hasFullHd } = useSnapshot(capture);
  const sizes: [Lines, string][] = [[720, '720p'], [1080, '1080p']];
  return (
    <fieldset className="choices picture-sizes">
      <legend>Picture</legend>
      {sizes.map(([value, label]) => (
        <label key={value} className="choice">
          <input type="radio" name="lines" value={value} checked={lines === value} onChange={() => void capture.chooseLines(value)} />
          <span><b>{label}</b><span className="soft">up to {bitrate(VIDEO_KBPS[value])}</span></span>
        </label>
      ))}
      {!hasFullHd && lines === 1080 && <p className="field-hint">This camera makes no 1080p picture; you get the largest that it has. A shared screen may be 1080p.</p>}
    </fieldset>
  );
}
