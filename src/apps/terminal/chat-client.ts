/** What the menu asks of the client library; the library's `Client` is one. */
import type {
  CreatedAccount,
  HistoryPage,
  Message,
  MessagePlace,
  OpenedSession,
  SearchPage,
  SentMessage,
} from '../../library/types.js';

/** Which part of what there is: so many at most, before a place or up to the latest. */
export interface PageOptions {
  readonly limit: number;
  readonly before?: MessagePlace;
}

export interface ChatClient {
  createAccount(name: string, password: string): Promise<CreatedAccount>;
  login(name: string, password: string, options?: { readonly takeOver: boolean }): Promise<OpenedSession>;
  accounts(pattern: string, options?: { readonly signal: AbortSignal }): Promise<readonly string[]>;
  send(to: string, text: string): Promise<SentMessage>;
  /** Latest first. */
  history(account: string, options: PageOptions): Promise<HistoryPage>;
  /** Among the account's own messages, latest first. */
  search(query: string, options: PageOptions): Promise<SearchPage>;
  /** What waits; with `follow`, also what comes until the session ends. Called again, it goes on where it was left. */
  messages(options: { readonly follow: boolean }): AsyncIterable<Message>;
  logoff(): Promise<void>;
  deleteAccount(): Promise<unknown>;
}
