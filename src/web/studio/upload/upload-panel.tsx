import { useEffect, useState, type ChangeEvent } from 'react';
import { useApi, useOutbox } from '../../api/context.js';
import type { Upload } from '../../api/contract.js';
import { plainWords } from '../../api/problem.js';
import { Icon } from '../../controls/icons.js';
import { Notice } from '../../controls/notice.js';
import { UploadRow } from './upload-row.js';
import type { Sending } from './outbox.js';
import { SendingActions } from './sending-actions.js';
import './upload.css';
import { wordsOfSending, wordsOfUpload } from './upload-words.js';
import { useUploads } from './use-uploads.js';

/** Recorded files become recordings: chosen or dropped, sent, prepared. @param onReady hears how many of those listed are ready. */
export function UploadPanel({ slug, onReady }: { slug: string; onReady: (count: number) => void }) {
  const api = useApi();
  const outbox = useOutbox();
  const { sendings, uploads, readyCount, error, refresh } = useUploads(slug);
  const [problem, setProblem] = useState<unknown>();
  useEffect(() => onReady(readyCount), [onReady, readyCount]);

  const drop = async (id: string | undefined, sending?: Sending) => {
    setProblem(undefined);
    try {
      if (sending !== undefined) await outbox.remove(sending.key);
      if (id !== undefined) await api.deleteUpload(id);
    } catch (failure) {
      setProblem(failure);
    }
    refresh();
  };
  const shownError = problem ?? error;
  return (
    <section className="panel uploads" aria-labelledby="uploads-title">
      <h2 id="uploads-title">Upload a video</h2>
      <DropField onFiles={(files) => outbox.add(slug, files)} />
      {shownError !== undefined && <Notice level="error">{plainWords(shownError)}</Notice>}
      {sendings.length + uploads.length > 0 && (
        <ul className="upload-list" aria-label="Uploads">
          {sendings.map((sending) => (
            <UploadRow key={sending.key} name={sending.fileName} words={wordsOfSending(sending)}>
              <SendingActions sending={sending} onCancel={() => void drop(sending.uploadId, sending)} />
            </UploadRow>
          ))}
          {uploads.map((upload) => (
            <UploadRow key={upload.id} name={upload.title} words={wordsOfUpload(upload)} recordingId={upload.recordingId}>
              <button type="button" className="button" onClick={() => void drop(upload.id)} aria-label={`${removalOf(upload)} ${upload.title}`}>{removalOf(upload)}</button>
            </UploadRow>
          ))}
        </ul>
      )}
    </section>
  );
}

function removalOf({ state }: Upload): string {
  return state === 'ready' || state === 'failed' ? 'Dismiss' : 'Cancel';
}

/** An input as large as its frame: browsers take clicks, keys and dropped files there. */
function DropField({ onFiles }: { onFiles: (files: File[]) => void }) {
  const onChange = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const files = [...target.files ?? []];
    if (files.length > 0) onFiles(files);
    target.value = ''; // the same file may be chosen again
  };
  return (
    <div className="upload-frame">
      <span className="upload-invitation"><Icon name="upload" />Choose files<span className="upload-drop"> or drop them here</span></span>
      <span className="soft upload-hint">A recorded show, a film, a podcast. It is prepared for every connection and appears among your recordings.</span>
      <input type="file" name="upload" accept="video/*,audio/*,.mkv,.ts,.flv" multiple aria-label="Choose files to upload" onChange={onChange} />
    </div>
  );
}
