import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Link, useParams } from 'react-router-dom';
import { canCheck } from '../../archive/browser.js';
import { useApi } from '../api/context.js';
import { plainWords } from '../api/problem.js';
import { Icon } from '../controls/icons.js';
import { Notice } from '../controls/notice.js';
import { usePageTitle } from '../shell/page.js';
import { UNAVAILABLE } from './check-status.js';
import { CopyUnreadable, openFromFolder, openFromServer, verifyCopy, type Copy, type Outcome } from './copies.js';
import { verdictOf } from './verdict.js';
import './verification.css';

type Stage =
  | { name: 'idle' }
  | { name: 'running'; done: number; total: number }
  | { name: 'done'; outcome: Outcome }
  | { name: 'failed'; words: string };

/** Compares every file of a recording with what was signed, as this server sends it. */
export function VerifyRecording() {
  const id = useParams()['id'] ?? '';
  const api = useApi();
  const { stage, run, cancel } = useVerifying();
  usePageTitle('Verify a recording');
  return (
    <Page stage={stage} onCancel={cancel} title="Verify this recording">
      <p>Every file of it is fetched, hashed on this device, and compared with the manifest that the channel’s key signed. That takes as much data as downloading it.</p>
      <p className="verify-actions">
        <button type="button" className="button primary" disabled={stage.name === 'running'} onClick={() => run((signal) => openFromServer(api, id, signal))}><Icon name="shield-check" /> Verify</button>
        <Link className="button" to={`/recordings/${encodeURIComponent(id)}`}>Watch it</Link>
        <Link className="button" to="/recordings/verify">Verify a folder instead</Link>
      </p>
    </Page>
  );
}

/** The same for a folder on this device: no server is asked. */
export function VerifyFolder() {
  const { stage, run, cancel } = useVerifying();
  const [key, setKey] = useState('');
  usePageTitle('Verify a folder');
  return (
    <Page stage={stage} onCancel={cancel} title="Verify a folder">
      <p>Choose the folder of a recording, with <code>manifest.car</code> in it. Nothing leaves this device, and no server is asked.</p>
      <label className="verify-key">Key that has to have signed it, if you know it <input type="text" value={key} placeholder="did:key:z6Mk…" spellCheck={false} autoComplete="off" onChange={(event) => setKey(event.target.value.trim())} /></label>
      <p className="verify-actions"><FolderButton isDisabled={stage.name === 'running'} onFiles={(files) => run(() => openFromFolder(files), key === '' ? undefined : key)} /></p>
    </Page>
  );
}

function Page({ title, stage, onCancel, children }: { title: string; stage: Stage; onCancel: () => void; children: ReactNode }) {
  return (
    <article className="verify" data-state={stage.name}>
      <h1>{title}</h1>
      {children}
      {stage.name === 'running' && <Progress {...stage} onCancel={onCancel} />}
      {stage.name === 'failed' && <Notice level="error">{stage.words}</Notice>}
      {stage.name === 'done' && <Result outcome={stage.outcome} />}
    </article>
  );
}

function Progress({ done, total, onCancel }: { done: number; total: number; onCancel: () => void }) {
  return (
    <div className="verify-progress">
      <progress value={done} max={Math.max(1, total)} aria-label="Files compared" />
      <span>{total === 0 ? 'Checking the manifest…' : `${done} of ${total} files`}</span>
      <button type="button" className="button" onClick={onCancel}>Cancel</button>
    </div>
  );
}

function Result({ outcome }: { outcome: Outcome }) {
  const { level, title, words, faults } = verdictOf(outcome);
  return (
    <section className="verify-result" aria-label="Result">
      <Notice level={level}><strong>{title}.</strong> {words}</Notice>
      {faults.length > 0 && <ul className="verify-faults">{faults.map(({ file, words: what }) => <li key={file}><code>{file}</code> {what}</li>)}</ul>}
      {outcome.isManifestTrue && (
        <dl className="verify-facts">
          <div><dt>Signed by</dt><dd><code>{outcome.verification.manifest.key}</code></dd></div>
          <div><dt>Channel</dt><dd>{outcome.verification.manifest.channel}, {new Date(outcome.verification.manifest.epochMs).toLocaleString()}</dd></div>
          <div><dt>Manifest</dt><dd><code>{outcome.verification.manifest.head.toString()}</code></dd></div>
        </dl>
      )}
      <p className="verify-note">It proves that whoever has this key signed these bytes. Compare the key with what the streamer says elsewhere: this page cannot know whose it is.</p>
    </section>
  );
}

function FolderButton({ isDisabled, onFiles }: { isDisabled: boolean; onFiles: (files: File[]) => void }) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.setAttribute('webkitdirectory', ''), []);
  return (
    <label className="button primary" aria-disabled={isDisabled}>
      <Icon name="upload" /> Choose a folder
      <input ref={input} className="visually-hidden" type="file" multiple disabled={isDisabled} onChange={(event) => {
        const files = [...event.target.files ?? []];
        event.target.value = '';
        if (files.length > 0) onFiles(files);
      }} />
    </label>
  );
}

/** One verification at a time, which ends with the page. */
function useVerifying() {
  const [stage, setStage] = useState<Stage>({ name: 'idle' });
  const running = useRef<AbortController>();
  useEffect(() => () => running.current?.abort(), []);
  const run = (open: (signal: AbortSignal) => Promise<Copy>, key?: string) => {
    running.current?.abort();
    const { signal } = running.current = new AbortController();
    const show = (next: Stage) => { if (!signal.aborted) setStage(next); };
    show({ name: 'running', done: 0, total: 0 });
    verify(open, { key, signal, onProgress: (done, total) => show({ name: 'running', done, total }) })
      .then((outcome) => show({ name: 'done', outcome }), (error: unknown) => show({ name: 'failed', words: error instanceof CopyUnreadable ? error.message : plainWords(error) }));
  };
  const cancel = () => {
    running.current?.abort();
    setStage({ name: 'idle' });
  };
  return { stage, run, cancel };
}

async function verify(open: (signal: AbortSignal) => Promise<Copy>, options: Parameters<typeof verifyCopy>[1]): Promise<Outcome> {
  if (!(await canCheck())) throw new CopyUnreadable(UNAVAILABLE.words);
  return verifyCopy(await open(options.signal), options);
}
