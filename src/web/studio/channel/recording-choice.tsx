import type { RecordingSettings } from '../../api/contract.js';
import { VisibilityChoice } from '../../recordings/visibility-choice.js';

/** Whether shows are recorded, and who may watch them then. */
export function RecordingChoice({ recording, onRecording }: { recording: RecordingSettings; onRecording: (recording: RecordingSettings) => void }) {
  return (
    <>
      <fieldset className="choices">
        <legend>Recordings</legend>
        <label className="choice">
          <input type="checkbox" name="record" checked={recording.isOn} onChange={(event) => onRecording({ ...recording, isOn: event.target.checked })} />
          <span><b>Record my shows</b><span className="soft">They can be watched and downloaded as soon as they are over.</span></span>
        </label>
        <p className="field-hint">Counts from your next stream.</p>
      </fieldset>
      {recording.isOn && (
        <VisibilityChoice legend="Who can watch new recordings" visibility={recording.visibility} onVisibility={(visibility) => onRecording({ ...recording, visibility })} />
      )}
    </>
  );
}
