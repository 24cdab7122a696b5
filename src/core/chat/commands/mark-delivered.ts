/**
 * MarkDelivered: what the mark covers does not wait for the next login. A mark never goes back. It is taken on however few
 * servers: one that is lost shows a message again to whoever begins anew, and readers are not to be sent away for that.
 */
import { Vector } from '../../model/vector.js';
import type { MessageOf } from '../../wire/message-types.js';
import type { Caller, ServerContext } from '../context.js';
import { attachedOf } from '../rules.js';
import { wait, type Steps } from '../steps.js';

export function* markDelivered(
  context: ServerContext,
  caller: Caller,
  request: MessageOf<'MarkDelivered'>,
): Steps<MessageOf<'Marked'>> {
  const { account } = attachedOf(caller);
  const { applied } = context.state;
  // Origins that nobody has heard of would let a mark grow without bound.
  const cursor = new Vector(request.cursor.filter(({ origin }) => applied.get(origin) > 0));
  const moved = cursor.entries().filter((entry) => !account.mark.vector.covers(entry));
  if (moved.length > 0) yield* wait(context.writeAnyhow('DeliveredOp', { account: account.id, mark: moved }));
  return {};
}
