import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { remembered } from '../../api/remembered.js';
import { Capture } from './capture/capture.js';
import type { CaptureSnapshot } from './capture/snapshot.js';

/** Camera, microphone and screen for as long as the page is there. Where they were allowed before, they open at once. */
export function useCapture(title: string): Capture | undefined {
  const [capture, setCapture] = useState<Capture>();
  useEffect(() => {
    const made = new Capture({ remembered: remembered(), title });
    setCapture(made);
    void isAllowed().then((allowed) => (allowed ? made.open() : undefined));
    return () => {
      setCapture(undefined);
      made.close();
    };
  }, [title]);
  return capture;
}

export function useSnapshot(capture: Capture): CaptureSnapshot {
  return useSyncExternalStore(useCallback((listener) => capture.subscribe(listener), [capture]), () => capture.snapshot);
}

/** False where the browser does not tell: then a button asks. */
async function isAllowed(): Promise<boolean> {
  const names: PermissionName[] = ['camera', 'microphone'];
  try {
    const states = await Promise.all(names.map((name) => navigator.permissions.query({ name })));
    return states.every(({ state }) => state === 'granted');
  } catch {
    return false;
  }
}
