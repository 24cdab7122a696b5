/** Tells everyone whom a change of the state concerns: the clients attached here, the view database, reservations, members. */
import type { Change } from '../chat/state.js';
import { failure } from '../model/errors.js';
import { sameDot } from '../model/ids.js';
import type { RecordHeader } from '../model/record.js';
import type { AttachedSessions } from './attached-sessions.js';
import type { Members } from './members.js';
import type { Reserving } from './reserving.js';
import type { SurplusSessions } from './surplus-sessions.js';
import type { ViewFeed } from './view-feed.js';

export interface Hearers {
  readonly members: Members;
  readonly feed: ViewFeed;
  readonly reserving: Reserving;
  readonly attached: AttachedSessions;
  readonly surplus: SurplusSessions;
}

/** An op has been applied. */
export function tellChange(
  { members, feed, reserving, attached, surplus }: Hearers,
  header: RecordHeader,
  change: Change,
): void {
  switch (change.kind) {
    case 'nothing':
    case 'known':
      return;
    case 'nameClaimed':
      reserving.nameUsed(change.account.creation!.name);
      return;
    case 'accountCreated':
      feed.accountChanged(change.account);
      reserving.nameUsed(change.account.creation!.name);
      for (const account of change.renamed) for (const client of attached.of(account)) client.tellName(account);
      return;
    case 'accountDeleted':
      feed.accountChanged(change.account);
      for (const client of attached.of(change.account)) client.endSession(failure('ACCOUNT_DELETED'));
      return;
    case 'sessionsChanged':
      surplus.look(change.account);
      for (const client of attached.of(change.account)) {
        const hasEnded = change.ended.some((id) => sameDot(id, client.attached!.session.id));
        if (hasEnded) client.endSession(failure('SESSION_REPLACED'));
      }
      return;
    case 'membersChanged':
      members.changed();
      return;
    case 'message':
      // Who lacks it learns of it through the view database (see `tellCopy`).
      if (change.secondCopy) return;
      for (const account of change.recipients) {
        for (const client of attached.of(account)) client.delivery?.offer(header, change);
      }
  }
}

/** What `tellChange` told can be read from the view database. Readers of a message that was stored before look there. */
export function tellCopy({ attached }: Hearers, header: RecordHeader, change: Change): void {
  if (change.kind !== 'message' || !change.secondCopy) return;
  for (const account of change.recipients) {
    for (const client of attached.of(account)) client.delivery?.copyStored(header);
  }
}
