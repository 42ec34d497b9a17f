import { useState } from 'react';
import { Icon, type IconName } from '../../controls/icons.js';
import type { Capture } from './capture/capture.js';
import { canShareScreen } from './picture.js';
import { useSnapshot } from './use-capture.js';

/** Microphone, camera and screen, on and off, before and during the show. */
export function Switches({ capture }: { capture: Capture }) {
  const { isMuted, hasMicrophone, isCameraOn, picture } = useSnapshot(capture);
  const [withSound, setWithSound] = useState(true);
  const isSharing = picture === 'screen';
  return (
    <div className="switches" role="group" aria-label="What viewers see and hear">
      <Switch icon="microphone" isOff={isMuted || !hasMicrophone} isDisabled={!hasMicrophone} label={isMuted ? 'Unmute' : 'Mute'} onPress={() => capture.mute(!isMuted)} />
      <Switch icon="camera" isOff={!isCameraOn} isDisabled={isSharing} label={isCameraOn ? 'Camera off' : 'Camera on'} onPress={() => void capture.switchCamera(!isCameraOn)} />
      {canShareScreen() && (
        <>
          <Switch icon="screen" isOff={false} label={isSharing ? 'Stop sharing' : 'Share screen'} onPress={() => void (isSharing ? capture.stopScreen() : capture.shareScreen({ withSound }))} />
          <label className="switch-check">
            <input type="checkbox" checked={withSound} onChange={(event) => setWithSound(event.target.checked)} />
            <span>with its sound</span>
          </label>
        </>
      )}
    </div>
  );
}

function Switch({ icon, label, isOff, isDisabled = false, onPress }: { icon: IconName; label: string; isOff: boolean; isDisabled?: boolean; onPress: () => void }) {
  return (
    <button type="button" className="button switch" data-off={isOff} disabled={isDisabled} onClick={onPress}>
      <span className="switch-icon"><Icon name={icon} />{isOff && <Icon name="off" />}</span>
      {label}
    </button>
  );
}
