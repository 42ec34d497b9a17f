/** What an owner agrees to, before and after. */
export function Meaning() {
  return (
    <section className="panel" aria-labelledby="meaning-title">
      <h2 id="meaning-title">What permanent means</h2>
      <ul className="archive-points">
        <li><b>It stays.</b> What is stored on Arweave cannot be changed or taken away again, not by you, not by this server, not by anybody. Deleting the recording here does not delete it there.</li>
        <li><b>It is public.</b> Whoever has its address can watch and copy it, even if the recording here is private. Unless it is encrypted.</li>
        <li><b>It can be checked.</b> Every file is fetched back from another server and compared before it counts as stored.</li>
        <li><b>There is time to think.</b> Each show waits first. Until then you and your moderators can keep it out, or leave parts of it out.</li>
      </ul>
    </section>
  );
}
