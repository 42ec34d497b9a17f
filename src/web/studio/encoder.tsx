import { useCallback } from 'react';
import { useApi } from '../api/context.js';
import { usePolled } from '../api/poll.js';
import { plainWords } from '../api/problem.js';
import { CopyButton } from '../controls/copy-button.js';
import { Icon } from '../controls/icons.js';
import { Notice } from '../controls/notice.js';

/** The ways to send a stream: this browser, or an encoder with the server's address; OBS in five steps. */
export function Encoder() {
  const api = useApi();
  const { value: server, error } = usePolled(useCallback((signal) => api.server(signal), [api]), { everyMs: 0 });
  return (
    <section className="panel" aria-labelledby="encoder-title">
      <h2 id="encoder-title">Go live</h2>
      {/* A visit, not a change of this page: the browser then asks before its Back button ends a show. */}
      <a className="button primary" href="/studio/go-live"><Icon name="camera" />From this browser</a>
      <p className="soft">Camera, microphone and screen, without another program. Or connect an encoder such as OBS:</p>
      {error !== undefined && <Notice level="error">{plainWords(error)}</Notice>}
      {server && <Address label="Server" url={server.rtmp.url} />}
      {server?.rtmp.tlsUrl && <Address label="Server, encrypted" url={server.rtmp.tlsUrl} />}
      <details className="obs-steps">
        <summary>OBS in five steps</summary>
        <ol>
          <li>Settings → Stream: choose <b>Custom…</b> as the service.</li>
          <li>Paste the <b>server</b> from above and a <b>stream key</b> from below.</li>
          <li>Settings → Output → Streaming: <b>x264</b> or your graphics card’s H.264, rate control <b>CBR</b>, 4000–6000 kbps for 1080p.</li>
          <li>In the same place set the <b>keyframe interval</b> to <b>2 s</b>.</li>
          <li>Press <b>Start Streaming</b>. This page shows it within seconds.</li>
        </ol>
      </details>
    </section>
  );
}

function Address({ label, url }: { label: string; url: string }) {
  return (
    <div className="copy-row">
      <span className="copy-label">{label}</span>
      <CopyButton text={url} what={label.toLowerCase()} />
      <code>{url}</code>
    </div>
  );
}
