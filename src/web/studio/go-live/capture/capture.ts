import type { Remembered } from '../../../api/session.js';
import { cameraWish, devicesOf, microphoneWish, readChoices, rememberChoices, screenWish, type Choices, type Lines } from './devices.js';
import { Mixer } from './mixer.js';
import { captureWords, UNPLUGGED, type CaptureKind } from './obstacle.js';
import { makesFullHd, openDevice, stopAll } from './opening.js';
import { Slate } from './slate.js';
import { closedSnapshot, type CaptureSnapshot } from './snapshot.js';

/** Camera, microphone and screen: opens them, changes them while they are in use, and says in words what is wrong. */
export class Capture {
  readonly #remembered: Remembered;
  readonly #title: string;
  readonly #listeners = new Set<() => void>();
  readonly #ended = new AbortController();
  readonly #mixer = new Mixer();
  #snapshot: CaptureSnapshot;
  #camera: MediaStreamTrack | undefined;
  #microphone: MediaStreamTrack | undefined;
  #screen: MediaStream | undefined;
  #slate: Slate | undefined;
  /** One change after another: two at once would leave a camera open that nobody sees. */
  #turn = Promise.resolve();

  /** @param options.title what viewers read while the camera is off. */
  constructor(options: { remembered: Remembered; title: string }) {
    this.#remembered = options.remembered;
    this.#title = options.title;
    this.#snapshot = closedSnapshot(readChoices(options.remembered));
    const until = { signal: this.#ended.signal };
    navigator.mediaDevices.addEventListener('devicechange', () => void this.#inTurn(() => this.#onDevices()), until);
    for (const press of ['pointerdown', 'keydown']) window.addEventListener(press, () => this.#mixer.wake(), until);
  }

  get snapshot(): CaptureSnapshot {
    return this.#snapshot;
  }

  get mixer(): Mixer {
    return this.#mixer;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks for camera and microphone, in one question where the browser can. */
  open(): Promise<void> {
    return this.#inTurn(async () => {
      this.#mixer.wake();
      this.#change({ phase: 'opening', problems: {}, isCameraOn: true });
      const both = await this.#tryBoth();
      if (both === undefined && !this.#ended.signal.aborted) {
        await this.#openCamera();
        await this.#openMicrophone();
      }
      await this.#listDevices();
      this.#change({ phase: 'open' });
    });
  }

  /** Once more what did not work. */
  retry(): Promise<void> {
    return this.#inTurn(async () => {
      const { camera, microphone } = this.#snapshot.problems;
      if (camera !== undefined) await this.#openCamera();
      if (microphone !== undefined) await this.#openMicrophone();
      await this.#listDevices();
    });
  }

  chooseCamera(cameraId: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#choose({ cameraId });
      this.#change({ isCameraOn: true });
      await this.#openCamera();
    });
  }

  chooseMicrophone(microphoneId: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#choose({ microphoneId });
      await this.#openMicrophone();
    });
  }

  chooseLines(lines: Lines): Promise<void> {
    return this.#inTurn(async () => {
      this.#choose({ lines });
      this.#slate?.close();
      this.#slate = undefined;
      if (this.#camera !== undefined) await this.#openCamera();
      await this.#screen?.getVideoTracks()[0]?.applyConstraints(screenWish(lines)).catch(() => undefined);
      this.#show();
    });
  }

  /** Off means that its light is off, too. */
  switchCamera(isCameraOn: boolean): Promise<void> {
    return this.#inTurn(async () => {
      this.#change({ isCameraOn });
      if (isCameraOn) return await this.#openCamera();
      this.#stopCamera();
      this.#show();
    });
  }

  mute(isMuted: boolean): void {
    this.#mixer.mute(isMuted);
    this.#change({ isMuted });
  }

  /** Shows a screen, a window or a tab in place of the camera. The browser asks which. */
  shareScreen(options: { withSound: boolean }): Promise<void> {
    this.#mixer.wake();
    return this.#inTurn(async () => {
      try {
        const stream = await navigator.mediaDevices.getDisplayMedia({ video: screenWish(this.#snapshot.lines), audio: options.withSound });
        if (this.#ended.signal.aborted) return stopAll(stream);
        const isFirst = this.#snapshot.phase === 'closed';
        if (isFirst) this.#change({ isCameraOn: false });
        this.#takeScreen(stream);
        if (isFirst) await this.#openMicrophone();
        await this.#listDevices();
      } catch (error) {
        this.#report('screen', captureWords('screen', error));
      }
    });
  }

  stopScreen(): Promise<void> {
    return this.#inTurn(async () => {
      this.#dropScreen();
      if (this.#snapshot.isCameraOn && this.#camera === undefined) await this.#openCamera();
      this.#show();
    });
  }

  close(): void {
    this.#ended.abort();
    this.#listeners.clear();
    this.#stopCamera();
    this.#microphone?.stop();
    if (this.#screen) stopAll(this.#screen);
    this.#slate?.close();
    this.#mixer.close();
  }

  async #tryBoth(): Promise<MediaStream | undefined> {
    const { cameraId, microphoneId, lines } = this.#snapshot;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: cameraWish(cameraId, lines), audio: microphoneWish(microphoneId) });
      if (this.#ended.signal.aborted) return void stopAll(stream);
      this.#takeCamera(stream.getVideoTracks()[0]);
      this.#takeMicrophone(stream.getAudioTracks()[0]);
      return stream;
    } catch {
      // One of the two may be there all the same; each says for itself what is wrong.
      return undefined;
    }
  }

  async #openCamera(): Promise<void> {
    const { cameraId, lines } = this.#snapshot;
    // Phones open one camera at a time.
    this.#stopCamera();
    try {
      const stream = await openDevice(cameraId, (id) => ({ video: cameraWish(id, lines) }));
      if (this.#ended.signal.aborted) return stopAll(stream);
      this.#takeCamera(stream.getVideoTracks()[0]);
    } catch (error) {
      this.#report('camera', captureWords('camera', error));
      this.#show();
    }
  }

  async #openMicrophone(): Promise<void> {
    this.#microphone?.stop();
    this.#takeMicrophone(undefined);
    try {
      const stream = await openDevice(this.#snapshot.microphoneId, (id) => ({ audio: microphoneWish(id) }));
      if (this.#ended.signal.aborted) return stopAll(stream);
      this.#takeMicrophone(stream.getAudioTracks()[0]);
    } catch (error) {
      this.#report('microphone', captureWords('microphone', error));
    }
  }

  #takeCamera(track: MediaStreamTrack | undefined): void {
    this.#camera = track;
    track?.addEventListener('ended', () => this.#onUnplugged('camera', track));
    this.#report('camera', undefined);
    this.#change({ hasFullHd: makesFullHd(track), cameraId: track?.getSettings().deviceId ?? this.#snapshot.cameraId });
    this.#show();
  }

  #takeMicrophone(track: MediaStreamTrack | undefined): void {
    this.#microphone = track;
    this.#mixer.setMicrophone(track);
    track?.addEventListener('ended', () => this.#onUnplugged('microphone', track));
    this.#report('microphone', undefined);
    this.#change({ hasMicrophone: track !== undefined, microphoneId: track?.getSettings().deviceId ?? this.#snapshot.microphoneId });
  }

  #takeScreen(stream: MediaStream): void {
    this.#dropScreen();
    this.#screen = stream;
    const [sound] = stream.getAudioTracks();
    this.#mixer.setScreen(sound);
    // The browser has a button of its own that stops it.
    stream.getVideoTracks()[0]?.addEventListener('ended', () => void (this.#screen === stream && this.stopScreen()));
    this.#report('screen', undefined);
    this.#change({ hasScreenSound: sound !== undefined, phase: 'open' });
    this.#show();
  }

  #dropScreen(): void {
    if (this.#screen) stopAll(this.#screen);
    this.#screen = undefined;
    this.#mixer.setScreen(undefined);
    this.#change({ hasScreenSound: false });
  }

  #stopCamera(): void {
    this.#camera?.stop();
    this.#camera = undefined;
  }

  #onUnplugged(kind: 'camera' | 'microphone', track: MediaStreamTrack): void {
    if (track !== (kind === 'camera' ? this.#camera : this.#microphone)) return;
    if (kind === 'camera') this.#camera = undefined;
    else this.#takeMicrophone(undefined);
    this.#report(kind, UNPLUGGED[kind]);
    this.#show();
  }

  /** What was unplugged, and is there again, is used again. */
  async #onDevices(): Promise<void> {
    if (this.#snapshot.phase === 'closed') return;
    await this.#listDevices();
    const { cameras, microphones, isCameraOn } = this.#snapshot;
    if (this.#camera === undefined && this.#screen === undefined && isCameraOn && cameras.length > 0) await this.#openCamera();
    if (this.#microphone === undefined && microphones.length > 0) await this.#openMicrophone();
  }

  async #listDevices(): Promise<void> {
    const list = await navigator.mediaDevices.enumerateDevices().catch(() => []);
    this.#change({ cameras: devicesOf(list, 'videoinput'), microphones: devicesOf(list, 'audioinput') });
  }

  /** Screen before camera before slate. */
  #show(): void {
    const screen = this.#screen?.getVideoTracks()[0];
    const moving = screen ?? this.#camera;
    if (moving === undefined) {
      this.#slate ??= new Slate({ title: this.#title, lines: this.#snapshot.lines });
      return this.#change({ picture: 'slate', track: this.#slate.track });
    }
    this.#change({ picture: screen ? 'screen' : 'camera', track: moving });
    this.#slate?.close();
    this.#slate = undefined;
  }

  #choose(choice: Partial<Choices>): void {
    this.#change(choice);
    rememberChoices(this.#remembered, this.#snapshot);
  }

  #report(kind: CaptureKind, problem: string | undefined): void {
    const { [kind]: _, ...problems } = this.#snapshot.problems;
    this.#change({ problems: problem === undefined ? problems : { ...problems, [kind]: problem } });
  }

  #change(change: Partial<CaptureSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(() => (this.#ended.signal.aborted ? undefined : work()));
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
