import type { ArchivedFile } from '../api/archive-contract.js';
import { CopyButton } from '../controls/copy-button.js';
import { fileSize } from '../words/figures.js';
import { hostOf } from '../words/host.js';
import { ago, clock } from '../words/time.js';
import { FILE_WORDS, isSent } from './state-words.js';

/** What is known of one file, and where to look oneself. */
export function FileFacts({ file }: { file: ArchivedFile }) {
  const { name, state, cid, sizeBytes, arweave, receipt } = file;
  return (
    <section className="file-facts" aria-label={`About ${name}`} data-state={state}>
      <p className="file-head"><b>{name}</b> <span className="soft">{[...placeOf(file), fileSize(sizeBytes)].join(' · ')}</span></p>
      <p><b>{FILE_WORDS[state].label}.</b> {FILE_WORDS[state].hint}</p>
      {receipt && <p className="soft">Checked <time dateTime={receipt.storedAt}>{ago(receipt.storedAt, Date.now())}</time> on {hostOf(receipt.fetchedFrom)}.</p>}
      <dl className="file-names">
        <dt>CID</dt><dd><code>{cid}</code><CopyButton text={cid} what={`the CID of ${name}`} /></dd>
        {arweave && <><dt>Arweave item</dt><dd>{isSent(file) ? <a href={arweave.url}><code>{arweave.item}</code></a> : <code>{arweave.item}</code>}</dd></>}
        {arweave && <><dt>Transaction</dt><dd><code>{arweave.transaction}</code></dd></>}
      </dl>
    </section>
  );
}

function placeOf({ startUs, durationUs }: ArchivedFile): string[] {
  return startUs === null || durationUs === null ? [] : [`${clock(startUs / 1e6)} to ${clock((startUs + durationUs) / 1e6)}`];
}
