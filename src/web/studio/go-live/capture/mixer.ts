import { levelOf, type Level } from './level.js';

/**
 * One track of sound out of microphone and screen. It stays the same while they come and go, so the connection never has
 * to change; without either it is silence.
 */
export class Mixer {
  readonly track: MediaStreamTrack;
  readonly #context = new AudioContext({ latencyHint: 'interactive' });
  readonly #microphoneGain = this.#context.createGain();
  readonly #analyser = this.#context.createAnalyser();
  readonly #samples: Float32Array<ArrayBuffer>;
  #microphone: AudioNode | undefined;
  #screen: AudioNode | undefined;

  constructor() {
    const output = this.#context.createMediaStreamDestination();
    this.#microphoneGain.connect(this.#analyser);
    this.#analyser.connect(output);
    this.#analyser.fftSize = 2048;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    const [track] = output.stream.getAudioTracks();
    if (!track) throw new Error('a mixer gave no audio track');
    this.track = track;
    // A phone call stops it, and the browser does not start it again.
    this.#context.addEventListener('statechange', () => this.wake());
  }

  setMicrophone(track: MediaStreamTrack | undefined): void {
    this.#microphone?.disconnect();
    this.#microphone = this.#sourceOf(track);
    this.#microphone?.connect(this.#microphoneGain);
  }

  setScreen(track: MediaStreamTrack | undefined): void {
    this.#screen?.disconnect();
    this.#screen = this.#sourceOf(track);
    this.#screen?.connect(this.#analyser);
  }

  mute(isMuted: boolean): void {
    this.#microphoneGain.gain.value = isMuted ? 0 : 1;
  }

  /** False until somebody has pressed something, in browsers that want that. */
  get isRunning(): boolean {
    return this.#context.state === 'running';
  }

  /** Of what viewers hear. */
  get level(): Level {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return levelOf(this.#samples);
  }

  /** Browsers let no sound run before somebody has pressed something; call it when that happens. */
  wake(): void {
    if (this.#context.state !== 'running' && this.#context.state !== 'closed') void this.#context.resume().catch(() => undefined);
  }

  close(): void {
    this.track.stop();
    void this.#context.close().catch(() => undefined);
  }

  #sourceOf(track: MediaStreamTrack | undefined): AudioNode | undefined {
    return track && this.#context.createMediaStreamSource(new MediaStream([track]));
  }
}
