import { useApi } from '../../api/context.js';
import { Notice } from '../../controls/notice.js';
import { useChange } from '../../controls/use-change.js';
import { TypedName } from '../typed-name.js';

/** Destroys the key of an encrypted archive. */
export function Erase({ id, slug, onErased }: { id: string; slug: string; onErased: () => void }) {
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
