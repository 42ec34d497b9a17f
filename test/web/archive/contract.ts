import t from 'tap';
import type * as server from '../../../src/archive/receipts/views.js';
import type * as page from '../../../src/web/api/archive-contract.js';

type Same<A, B> = [A, B] extends [B, A] ? true : false;

t.test('the pages and the server speak of the same archive', async (t) => {
  // What differs does not compile.
  const settings: Same<server.SettingsView, page.ArchiveSettings> = true;
  const list: Same<server.SummaryView, page.ArchiveSummary> = true;
  const show: Same<server.ArchiveView, page.ArchiveDetails> = true;
  const receipts: Same<server.ReceiptsView, page.Receipts> = true;
  const estimate: Same<server.EstimateView, page.Estimate> = true;
  const operator: Same<server.AdminView, page.AdminArchive> = true;
  t.ok(settings && list && show && receipts && estimate && operator);
});
