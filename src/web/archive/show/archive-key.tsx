import { useApi } from '../../api/context.js';
import { Icon } from '../../controls/icons.js';
import { Notice } from '../../controls/notice.js';
import { useChange } from '../../controls/use-change.js';
import { TypedName } from '../typed-name.js';

/** The key of an encrypted archive: its owner may take it out, and destroy it. */
export function ArchiveKey({ id, slug, hasKey, onChanged }: { id: string; slug: string; hasKey: boolean; onChanged: () => void }) {
  return (
    <>
      {hasKey && <TakeOut id={id} onTaken={onChanged} />}
      <Erase id={id} slug={slug} onErased={onChanged} />
    </>
  );
}

function TakeOut({ id, onTaken }: { id: string; onTaken: () => void }) {
  const api = useApi();
  const { isBusy, error, change } = useChange();
  const download = () => change(async () => {
    saveFile(`${id}-archive-key.txt`, await api.archive.exportKey(id));
    onTaken();
  });
  return (
    <section className="panel" aria-labelledby="key-title" aria-busy={isBusy}>
      <h2 id="key-title">Its key</h2>
      <p>With the key, <code>tidemark decrypt</code> reads what is stored, also when this server is gone. Whoever else has it reads it too, even after it is erased here.</p>
      {error !== undefined && <Notice level="error">{error}</Notice>}
      <button type="button" className="button" disabled={isBusy} onClick={() => void download()}><Icon name="download" /> Download the key</button>
    </section>
  );
}

/** A link cannot have the session's token with it, so what came is handed on as a file. */
function saveFile(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

function Erase({ id, slug, onErased }: { id: string; slug: string; onErased: () => void }) {
  const api = useApi();
  const { isBusy, error, change } = useChange();
  const erase = (confirm: string) => change(async () => {
    await api.archive.erase(id, confirm);
    onErased();
  });
  return (
    <section className="panel" aria-labelledby="erase-title" aria-busy={isBusy}>
      <h2 id="erase-title">Erase it</h2>
      <p>This show is stored encrypted, and this server keeps the key. Destroying the key makes what is stored unreadable, for everybody and for good. The recording here stays, and so do the names, sizes and addresses of what is stored. Backups of the database have the key until they are gone.</p>
      {error !== undefined && <Notice level="error">{error}</Notice>}
      <TypedName slug={slug} does="erase it" hint="The name of the channel. There is no way back." action="Destroy the key" isDanger isBusy={isBusy} onTyped={(confirm) => void erase(confirm)} />
    </section>
  );
}
