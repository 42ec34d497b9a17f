import type { AuditEntry } from '../api/chat-contract.js';
import { waitWords } from '../chat/text/failure-words.js';

/** What was done, said after the name of who did it: `timed out bob for 10 min`. */
export function actWords({ act, target, detail }: Pick<AuditEntry, 'act' | 'target' | 'detail'>): string {
  const whom = target ?? 'somebody';
  switch (act) {
    case 'delete-message': return `deleted a message of ${whom}`;
    case 'delete-user-messages': return `deleted all messages of ${whom}`;
    case 'clear-chat': return 'cleared the chat';
    case 'timeout-user': return `timed out ${whom}${typeof detail['seconds'] === 'number' ? ` for ${waitWords(detail['seconds'])}` : ''}`;
    case 'ban-user': return `banned ${whom}`;
    case 'mute-user': return `muted ${whom}`;
    case 'warn-user': return `warned ${whom}`;
    case 'unban-user': return `let ${whom} write again`;
    case 'pin-message': return 'pinned a message';
    case 'unpin-message': return 'took down the pinned message';
    case 'set-modes': return `changed the modes: ${changesWords(detail['changes'])}`;
    case 'raise-shield': return 'raised the shield';
    case 'lower-shield': return 'lowered the shield';
    case 'set-role': return roleWords(whom, detail['role']);
    case 'approve-message': return `let a message of ${whom} through`;
    case 'deny-message': return `refused a message of ${whom}`;
    case 'dismiss-report': return `kept a reported message of ${whom}`;
    case 'add-term': return `blocked “${String(detail['pattern'])}”`;
    case 'remove-term': return `unblocked “${String(detail['pattern'])}”`;
    case 'add-note': return `wrote a note about ${whom}`;
    default: return act;
  }
}

function roleWords(whom: string, role: unknown): string {
  if (role === 'moderator') return `made ${whom} a moderator`;
  return role === 'vip' ? `made ${whom} a VIP` : `took the role of ${whom} away`;
}

const MODES: Record<string, string> = {
  slowSec: 'slow', followersOnlyMin: 'followers only', isEmoteOnly: 'emotes only', isUniqueChat: 'nothing twice', delaySec: 'delay', links: 'links', isMembersOnly: 'members only',
};

function changesWords(changes: unknown): string {
  if (typeof changes !== 'object' || changes === null) return '';
  return Object.entries(changes).map(([mode, value]) => `${MODES[mode] ?? mode} ${value === true ? 'on' : value === false || value === -1 ? 'off' : String(value)}`).join(', ');
}
