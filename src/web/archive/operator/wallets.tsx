import type { WalletState } from '../../api/archive-contract.js';
import { useApi } from '../../api/context.js';
import { asSentence } from '../../api/problem.js';
import { CopyButton } from '../../controls/copy-button.js';
import { Notice } from '../../controls/notice.js';
import { useChange } from '../../controls/use-change.js';
import { ago } from '../../words/time.js';
import { amount, exactAmount } from '../../words/winston.js';
import { WALLET_WORDS } from '../state-words.js';

/** Who pays. Keys are never shown: the server itself reads them from files. */
export function Wallets({ wallets, onChanged }: { wallets: WalletState[]; onChanged: () => void }) {
  return (
    <section className="panel" aria-labelledby="wallets-title">
      <h2 id="wallets-title">Wallets</h2>
      {wallets.length === 0 && (
        <Notice level="warn">
          There is no wallet, so nothing can be stored, and what is to be stored waits. Name one or more key files in <code>archive.arweave.walletFiles</code> or <code>ARWEAVE_WALLET_FILES</code>, readable by the server alone, and start it again.
        </Notice>
      )}
      <ul className="rows">
        {wallets.map((wallet) => <Wallet key={wallet.address} wallet={wallet} onChanged={onChanged} />)}
      </ul>
    </section>
  );
}

function Wallet({ wallet: { address, balanceWinston, state, reason, since }, onChanged }: { wallet: WalletState; onChanged: () => void }) {
  const api = useApi();
  const { isBusy, error, change } = useChange();
  const release = () => change(async () => {
    await api.archive.releaseWallet(address);
    onChanged();
  });
  const { label, level } = WALLET_WORDS[state];
  return (
    <li data-wallet={state} aria-busy={isBusy}>
      <p className="wallet-line">
        <b className="wallet-balance" title={balanceWinston === null ? undefined : exactAmount(balanceWinston)}>{balanceWinston === null ? 'Balance unknown' : amount(balanceWinston)}</b>
        <span className="badge" data-level={level}>{label}</span>
        {since !== null && <span className="soft">{ago(since, Date.now())}</span>}
      </p>
      <p className="wallet-line"><code>{address}</code><CopyButton text={address} what={`the address ${address}`} /></p>
      {reason !== null && <p className="row-error">{asSentence(reason)}</p>}
      {error !== undefined && <Notice level="error">{error}</Notice>}
      {state === 'quarantined' && <button type="button" className="button" disabled={isBusy} aria-label={`Use ${address} again`} onClick={() => void release()}>Use it again</button>}
    </li>
  );
}
