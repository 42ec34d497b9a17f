import type { ReactNode } from 'react';
import type { ChannelHealth, SourceHealth } from '../api/contract.js';
import { bitrate, frameRate, seconds } from '../words/figures.js';
import { sparkPath, type HealthHistory } from './health-history.js';

interface SourceFactsProps {
  source: SourceHealth;
  encode: ChannelHealth['encode'];
  history: HealthHistory;
}

/** What the encoder sends, in numbers, and how the last two minutes went. */
export function SourceFacts({ source, encode, history }: SourceFactsProps) {
  const { codec, audio } = source;
  return (
    <dl className="facts">
      {codec !== undefined && <PictureFacts source={source} codec={codec} history={history} />}
      <Fact name="audio" term="Audio" value={audio ? audio.codec.toUpperCase() : 'none'} note={audio && audioNote(audio)} />
      {encode && encode.speed > 0 && (
        <Fact name="encode" term="Encoding" value={`${encode.speed.toFixed(2)}×`} note={`${seconds(encode.lagMs / 1000)} behind${restartsNote(encode.restarts)}`} />
      )}
    </dl>
  );
}

function PictureFacts({ source, codec, history }: { source: SourceHealth; codec: string; history: HealthHistory }) {
  const { width = 0, height = 0, keyFrameIntervalSec } = source;
  return (
    <>
      <Fact name="fps" term="Frames per second" value={frameRate(source.fps)}><Spark values={history.fps} label="Frames per second" /></Fact>
      <Fact name="bitrate" term="Video bitrate" value={bitrate(source.videoKbps)}><Spark values={history.videoKbps} label="Video bitrate" /></Fact>
      <Fact name="picture" term="Picture" value={`${width}×${height}`} note={source.hasBFrames ? 'with B-frames' : 'no B-frames'} />
      <Fact name="codec" term="Video codec" value={codec.toUpperCase()} note={source.codecString} />
      <Fact name="key-frames" term="Key frame every" value={keyFrameIntervalSec === null ? '…' : seconds(keyFrameIntervalSec)} />
    </>
  );
}

/** One figure with its name. */
export function Fact({ name, term, value, note, children }: { name: string; term: string; value: string; note?: string | undefined; children?: ReactNode }) {
  return (
    <div className="fact" data-fact={name}>
      <dt>{term}</dt>
      <dd>
        <span className="fact-value">{value}</span>
        {note && <span className="fact-note">{note}</span>}
        {children}
      </dd>
    </div>
  );
}

/** A line without axes; the number beside it is what is read out. */
function Spark({ values, label }: { values: (number | undefined)[]; label: string }) {
  return (
    <svg className="spark" viewBox="0 0 120 32" preserveAspectRatio="none" role="img" aria-label={`${label} over the last two minutes`}>
      <path d={sparkPath(values, 120, 32)} />
    </svg>
  );
}

function audioNote(audio: NonNullable<SourceHealth['audio']>): string {
  const channels = { 1: 'mono', 2: 'stereo' }[audio.channels] ?? `${audio.channels} channels`;
  return `${bitrate(audio.kbps)}, ${Number((audio.sampleRate / 1000).toFixed(1))} kHz ${channels}`;
}

function restartsNote(restarts: number): string {
  if (restarts === 0) return '';
  return restarts === 1 ? ', restarted once' : `, restarted ${restarts} times`;
}
