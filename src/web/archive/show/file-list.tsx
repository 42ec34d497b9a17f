import { useState } from 'react';
import type { ArchivedFile, FileState } from '../../api/archive-contract.js';
import { count, fileSize } from '../../words/figures.js';
import { hostOf } from '../../words/host.js';
import { ago } from '../../words/time.js';
import { countsOf } from '../bar/bar-layout.js';
import { FILE_STATES, FILE_WORDS, isSent } from '../state-words.js';

const PAGE = 8;

/** Every file with its receipt, a page at a time: a long show has thousands. */
export function FileList({ files }: { files: ArchivedFile[] }) {
  const [state, setState] = useState<FileState>();
  const [shown, setShown] = useState(PAGE);
  const found = state === undefined ? files : files.filter((file) => file.state === state);
  return (
    <section className="panel" aria-labelledby="files-title">
      <h2 id="files-title">Receipts</h2>
      {files.length === 0 && <p className="soft">None yet.</p>}
      {files.length > 0 && <StateChoice files={files} state={state} onState={setState} />}
      <ul className="rows files">
        {found.slice(0, shown).map((file) => <Row key={file.name} file={file} />)}
      </ul>
      {found.length > shown && <p><button type="button" className="button" onClick={() => setShown(shown + PAGE)}>Show more <span className="soft">of {count(found.length, 'file')}</span></button></p>}
    </section>
  );
}

function StateChoice({ files, state, onState }: { files: ArchivedFile[]; state: FileState | undefined; onState: (state: FileState | undefined) => void }) {
  return (
    <div className="field files-choice">
      <label htmlFor="files-state">Show</label>
      <select id="files-state" value={state ?? ''} onChange={({ target }) => onState(FILE_STATES.find((known) => known === target.value))}>
        <option value="">all files ({files.length.toLocaleString('en')})</option>
        {countsOf(files).map((found) => <option key={found.state} value={found.state}>{FILE_WORDS[found.state].label.toLowerCase()} ({found.files.toLocaleString('en')})</option>)}
      </select>
    </div>
  );
}

function Row({ file }: { file: ArchivedFile }) {
  const { name, state, sizeBytes, cid, arweave, receipt } = file;
  return (
    <li>
      <p className="file-line"><b>{name}</b> <span className="soft">{FILE_WORDS[state].label} · {fileSize(sizeBytes)}</span></p>
      <code className="file-cid">{cid}</code>
      {arweave && isSent(file) && (
        <p className="soft">
          <a href={arweave.url} aria-label={`${name} on Arweave`}>On Arweave</a>
          {receipt && <>, checked <time dateTime={receipt.storedAt} title={receipt.storedAt}>{ago(receipt.storedAt, Date.now())}</time> on {hostOf(receipt.fetchedFrom)}</>}
        </p>
      )}
    </li>
  );
}
