import type { LadderHealth, RenditionHealth } from '../api/contract.js';
import { bitrate, frameRate } from '../words/figures.js';

/** What viewers can choose from, and what the server had to give up. */
export function RenditionTable({ ladder }: { ladder: LadderHealth }) {
  const { renditions, dropped } = ladder;
  return (
    <section className="renditions" aria-labelledby="renditions-title">
      <h2 id="renditions-title">What viewers get</h2>
      <div className="table-scroll">
        <table>
          <thead>
            <tr><th scope="col">Quality</th><th scope="col">Picture</th><th scope="col">fps</th><th scope="col">Bitrate</th><th scope="col">Made</th></tr>
          </thead>
          <tbody>
            {renditions.map((rendition) => <Row key={rendition.name} rendition={rendition} isDropped={dropped.includes(rendition.name)} />)}
            {dropped.filter((name) => renditions.every((rendition) => rendition.name !== name)).map((name) => <DroppedRow key={name} name={name} />)}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ rendition, isDropped }: { rendition: RenditionHealth; isDropped: boolean }) {
  const { name, width, height, fps, kbps, origin } = rendition;
  if (isDropped) return <DroppedRow name={name} />;
  return (
    <tr data-rendition={name}>
      <th scope="row">{name}</th>
      <td>{width && height ? `${width}×${height}` : '–'}</td>
      <td>{fps === undefined ? '–' : frameRate(fps)}</td>
      <td>{bitrate(kbps)}</td>
      <td><span className="origin" data-origin={origin}>{origin === 'passthrough' ? 'as you send it' : 'encoded here'}</span></td>
    </tr>
  );
}

function DroppedRow({ name }: { name: string }) {
  return (
    <tr data-rendition={name} data-dropped="">
      <th scope="row">{name}</th>
      <td colSpan={4}>dropped: this machine could not keep up</td>
    </tr>
  );
}
