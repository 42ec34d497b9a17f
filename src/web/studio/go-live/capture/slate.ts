import type { Lines } from './devices.js';

const FPS = 10;

/** A still picture for viewers while there is no other: the broadcast goes on, and the camera's light is off. */
export class Slate {
  readonly track: MediaStreamTrack;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(options: { title: string; lines: Lines }) {
    const canvas = document.createElement('canvas');
    canvas.height = options.lines;
    canvas.width = (options.lines * 16) / 9;
    const context = canvas.getContext('2d');
    const paint = () => context && draw(context, options.title);
    paint();
    const [track] = canvas.captureStream(FPS).getVideoTracks();
    if (!track) throw new Error('a canvas gave no video track');
    this.track = track;
    // Browsers send no picture of a canvas that nobody paints.
    this.#timer = setInterval(paint, 1000 / FPS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.track.stop();
  }
}

function draw(context: CanvasRenderingContext2D, title: string): void {
  const { width, height } = context.canvas;
  const sea = context.createLinearGradient(0, 0, 0, height);
  sea.addColorStop(0, '#0d3542');
  sea.addColorStop(1, '#06151c');
  context.fillStyle = sea;
  context.fillRect(0, 0, width, height);
  context.textAlign = 'center';
  context.fillStyle = '#e9f3f2';
  context.font = `600 ${height / 12}px Georgia, serif`;
  context.fillText(title, width / 2, height * 0.48, width * 0.9);
  context.fillStyle = '#9ab3ba';
  context.font = `${height / 24}px sans-serif`;
  context.fillText('The camera is off', width / 2, height * 0.58);
}
