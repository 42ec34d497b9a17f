import { bitrate, frameRate } from '../../words/figures.js';
import { AdviceList } from '../on-air.js';
import { Fact } from '../source-facts.js';
import type { Lines } from './capture/devices.js';
import { adviseSender, type Sending } from './publish/sending.js';

/** How the picture gets to the server, in numbers and in plain words. */
export function SendingFacts({ sending, connectedMs, lines }: { sending: Sending; connectedMs: number; lines: Lines }) {
  const { fps, kbps, width, height, rttMs, lossShare, videoCodec } = sending;
  return (
    <>
      <AdviceList advice={adviseSender(sending, { connectedMs, lines })} />
      <dl className="facts sending-facts">
        <Fact name="sent-bitrate" term="Sent" value={bitrate(kbps)} />
        <Fact name="sent-picture" term="Picture" value={width && height ? `${width}×${height}` : '…'} note={videoCodec} />
        <Fact name="sent-fps" term="Frames a second" value={frameRate(Math.round(fps))} />
        <Fact name="round-trip" term="Round trip" value={rttMs === undefined ? '…' : `${Math.round(rttMs)} ms`} />
        <Fact name="loss" term="Lost" value={`${(lossShare * 100).toFixed(lossShare > 0 && lossShare < 0.1 ? 1 : 0)} %`} />
      </dl>
    </>
  );
}
