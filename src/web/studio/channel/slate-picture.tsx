import { useState, type ChangeEvent } from 'react';
import { useApi } from '../../api/context.js';
import type { Channel, ChannelSlate } from '../../api/contract.js';
import { plainWords } from '../../api/problem.js';
import { Icon } from '../../controls/icons.js';
import { Notice } from '../../controls/notice.js';
import { obstacleOf, PICTURE_TYPES } from './picture-rules.js';

type Outcome = { level: 'ok' | 'error'; text: string };

/** What viewers see while the streamer is away: shown, changed, taken back. */
export function SlatePicture({ slug, slate, onChanged }: { slug: string; slate: ChannelSlate; onChanged: (channel: Channel) => void }) {
  const api = useApi();
  const [outcome, setOutcome] = useState<Outcome>();
  const [isBusy, setBusy] = useState(false);

  const change = async (send: () => Promise<Channel>, done: string) => {
    setBusy(true);
    setOutcome(undefined);
    try {
      onChanged(await send());
      setOutcome({ level: 'ok', text: done });
    } catch (error) {
      setOutcome({ level: 'error', text: plainWords(error) });
    } finally {
      setBusy(false);
    }
  };
  const take = (picture: File) => {
    const obstacle = obstacleOf(picture);
    if (obstacle !== undefined) setOutcome({ level: 'error', text: obstacle });
    else void change(() => api.changeSlate(slug, picture), 'Viewers see this picture the next time you are away.');
  };
  const remove = () => void change(() => api.removeSlate(slug), 'Viewers see the usual picture again.');

  return (
    <section className="panel slate" aria-labelledby="slate-title" aria-busy={isBusy}>
      <h2 id="slate-title">Picture while you are away</h2>
      <PictureFrame url={slate.url} isBusy={isBusy} onPicture={take} />
      {outcome && <Notice level={outcome.level}>{outcome.text}</Notice>}
      <p className="field-hint">PNG, JPEG or WebP, up to 5 MB. 1920 × 1080 fills the screen.</p>
      {slate.isOwn && <button type="button" className="button" disabled={isBusy} onClick={remove}>Remove</button>}
    </section>
  );
}

/** The picture, under an input as large as itself: browsers take clicks, keys and dropped files there. */
function PictureFrame({ url, isBusy, onPicture }: { url: string; isBusy: boolean; onPicture: (picture: File) => void }) {
  const onChange = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const [picture] = target.files ?? [];
    if (picture !== undefined) onPicture(picture);
    target.value = ''; // the same file may be chosen again
  };
  return (
    <div className="slate-frame">
      <img src={url} alt="What viewers see while you are away" />
      {isBusy
        ? <progress aria-label="Sending the picture" />
        : <span className="slate-invitation"><Icon name="screen" />Choose a picture<span className="slate-drop">or drop it here</span></span>}
      <input type="file" name="slate" accept={PICTURE_TYPES.join(',')} aria-label="Choose a picture" disabled={isBusy} onChange={onChange} />
    </div>
  );
}
