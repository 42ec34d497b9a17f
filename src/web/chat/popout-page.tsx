import { useParams } from 'react-router-dom';
import { useFollow } from '../channel/use-follow.js';
import { usePageTitle } from '../shell/page.js';
import { ModeratedChat } from '../moderation/moderated-chat.js';

/** A channel's chat alone, in a window of its own. */
export function PopoutChat() {
  const slug = (useParams()['slug'] ?? '').toLowerCase();
  const follow = useFollow(slug);
  usePageTitle(`Chat of ${slug}`);
  return (
    <main className="chat-popout">
      <h1 className="visually-hidden">Chat of {slug}</h1>
      <ModeratedChat slug={slug} follow={follow} />
    </main>
  );
}
