/** Sends what waits in the outbox, in order, as far as the server takes it on this connection now. */
import { limits } from '../model/limits.js';
import type { MessageOf } from '../wire/message-types.js';
import type { Connection } from './connection.js';
import { clientFailure, type ClientFailure } from './failures.js';
import type { Outbox, Refused } from './outbox.js';
import { capabilityFor, requestKinds } from './requests.js';
import type { SessionKeeper } from './session.js';

/**
 * `welcome`: that of the latest server that sent one, be it on an earlier connection. Returns the requests that the server
 * does not take, for their length or since it is too old: they have left the outbox.
 */
export function sendWaiting(
  outbox: Outbox,
  keeper: SessionKeeper,
  connection: Connection,
  { limits: allowed, capabilities }: MessageOf<'Welcome'>,
): Refused[] {
  const refused: Refused[] = [];
  const inFlightMax = Math.max(1, allowed.requestsInFlight - limits.clientRequestsReserved);
  while (outbox.inFlightCount < inFlightMax) {
    const entry = outbox.head;
    if (entry === undefined) break;
    const { name, body, textBytes } = entry.request;
    const { needsSession, tooLong } = requestKinds[name];
    // It waits for a Login that is under way.
    if (needsSession && keeper.session === undefined) break;
    const capability = capabilityFor(name);
    // What this server can do is known from its own Welcome only: one that does not know a request ends the connection.
    if (capability !== undefined && !connection.isWelcomed) break;
    if (capability !== undefined && !capabilities.includes(capability)) {
      refused.push({ entry: outbox.takeHead(), failure: tooOld });
      continue;
    }
    const bytesMax = keeper.session === undefined ? allowed.frameBytesBeforeLogin : allowed.frameBytes;
    if (textBytes > allowed.textBytes) {
      refused.push({ entry: outbox.takeHead(), failure: textTooLong(textBytes, allowed.textBytes) });
    } else if (body.length > bytesMax) refused.push({ entry: outbox.takeHead(), failure: clientFailure(tooLong) });
    else outbox.sent(connection.requestEncoded(name, body));
  }
  return refused;
}

const tooOld = clientFailure('SEARCH_UNAVAILABLE', 'This server is of an earlier version, which cannot search.');

function textTooLong(bytes: number, bytesMax: number): ClientFailure {
  return clientFailure('TEXT_TOO_LONG', `The message has ${bytes} bytes; at most ${bytesMax} are allowed.`);
}
