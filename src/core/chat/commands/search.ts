/** Search: a page of those of the account's own messages that have what is looked for, the latest first. */
import { failure, Refused } from '../../model/errors.js';
import { hybridTimeOf } from '../../model/hybrid-time.js';
import { limits } from '../../model/limits.js';
import { faultOfTerm } from '../../model/search-query.js';
import type { FoundMessage, SearchQuery } from '../../ports/search.js';
import type { MessageOf } from '../../wire/message-types.js';
import type { Account } from '../account.js';
import type { Caller, ServerContext } from '../context.js';
import { accountEverNamed, attachedOf } from '../rules.js';
import { wait, waitForSuccess, type Steps } from '../steps.js';
import { endOfPage, hasPartIn, textsWithin } from '../text.js';

export function* search(
  context: ServerContext,
  caller: Caller,
  request: MessageOf<'Search'>,
): Steps<MessageOf<'Found'>> {
  const { account } = attachedOf(caller);
  checkTerms(request);
  const wanted = {
    account: account.id,
    from: partyNamed(context, request.from)?.id,
    with: partyNamed(context, request.with)?.id,
    terms: request.terms,
    after: hybridTimeOf(request.afterMs),
  };
  const limit = Math.min(request.limit === 0 ? Infinity : request.limit, limits.messagesPerPageMax);
  const records: Uint8Array[] = [];
  let before = startOf(request);
  let more = true;
  // Some of what the index finds is not shown, such as the second op of one send.
  while (more && records.length < limit) {
    const query: SearchQuery = { ...wanted, before, limit: limit - records.length };
    const answer = yield* waitForSuccess(context.search(query));
    const page = yield* wait(context.query({ kind: 'messages', dots: answer.found }));
    records.push(...page.records.filter((record) => hasPartIn(account, record)));
    more = answer.more || page.more;
    if (page.more) break;
    before = answer.found.at(-1);
  }
  const { texts, cut } = textsWithin(context.state, records, limits.frameBytesMax);
  return { messages: texts, more: more || cut };
}

function checkTerms({ terms }: MessageOf<'Search'>): void {
  const characters = terms.reduce((sum, { text }) => sum + text.length, 0);
  if (terms.length > limits.searchTermsMax || characters > limits.searchCharactersMax) {
    const { searchTermsMax, searchCharactersMax } = limits;
    const allowed = `${searchTermsMax} words and phrases and ${searchCharactersMax} characters`;
    throw new Refused(failure('SEARCH_INVALID', `A search has at most ${allowed}.`));
  }
  for (const term of terms) {
    const fault = faultOfTerm(term);
    if (fault !== undefined) throw new Refused(failure('SEARCH_INVALID', fault));
  }
}

/** Undefined where no name is given. @throws Refused: ACCOUNT_NOT_FOUND. */
function partyNamed(context: ServerContext, name: string): Account | undefined {
  if (name === '') return undefined;
  const account = accountEverNamed(context.state.names, name);
  if (account === undefined) throw new Refused(failure('ACCOUNT_NOT_FOUND', `There is no account "${name}".`));
  return account;
}

/** Where the page begins: at the end of the page before, or at the time that is asked for, whichever is earlier. */
function startOf(request: MessageOf<'Search'>): FoundMessage | undefined {
  const bound = endOfPage({ beforeTime: request.beforeMs === 0 ? 0 : hybridTimeOf(request.beforeMs) });
  const end = endOfPage(request);
  return bound === undefined || (end !== undefined && end.time < bound.time) ? end : bound;
}
