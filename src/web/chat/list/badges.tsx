import type { ChatAuthor } from '../../api/chat-contract.js';
import { Icon, type IconName } from '../../controls/icons.js';

const ROLES: Record<ChatAuthor['role'], { icon: IconName; words: string } | undefined> = {
  admin: { icon: 'key', words: 'Admin' },
  owner: { icon: 'crown', words: 'Streamer' },
  moderator: { icon: 'shield', words: 'Moderator' },
  vip: { icon: 'star', words: 'VIP' },
  follower: { icon: 'heart', words: 'Follower' },
  viewer: undefined,
};
const TIERS = ['new', 'regular', 'since long'];

/** What somebody is in a channel, as small signs with words for who cannot see them. */
export function Badges({ author }: { author: ChatAuthor }) {
  const role = ROLES[author.role];
  return (
    <>
      {author.isBot && <Badge kind="bot" icon="bot" words="Bot" />}
      {role && <Badge kind={author.role} icon={role.icon} words={author.role === 'follower' ? followerWords(author) : role.words} tier={author.tier} />}
    </>
  );
}

function Badge({ kind, icon, words, tier }: { kind: string; icon: IconName; words: string; tier?: number | undefined }) {
  return (
    <span className="chat-badge" data-kind={kind} data-tier={tier} role="img" aria-label={words} title={words}>
      <Icon name={icon} />
    </span>
  );
}

function followerWords({ tier = 1 }: ChatAuthor): string {
  return `Follower, ${TIERS[tier - 1] ?? TIERS[0]}`;
}
