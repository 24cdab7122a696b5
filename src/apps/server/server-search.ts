/**
 * The search index of a server. One that fails, or cannot be opened, is opened again after a while, for as long as the
 * server runs: all that it is made from is in the log.
 */
import { limits } from '../../core/model/limits.js';
import type { Reporter } from '../../core/replica/reporter.js';
import type { OpenSearch } from '../../core/replica/search-feed.js';
import { openSearch, type OpenedSearch } from '../../io/node/search.js';

export interface ServerSearchOptions {
  readonly dataDirectory: string;
  readonly reporter: Reporter;
  /** Until it is opened again. */
  readonly reopenMs?: number;
}

export class ServerSearch {
  readonly #options: ServerSearchOptions;
  readonly #reopenMs: number;
  #opened: OpenedSearch | undefined;
  #opening: Promise<void>;
  /** Until it is opened again, or has been open for so long that it holds. */
  #timer: NodeJS.Timeout | undefined;
  #hasFailed = false;
  #isClosing = false;
  #changed: (search: OpenSearch | undefined) => void = () => undefined;

  /** Resolves when the index is open, or could not be opened for now. */
  static async open(options: ServerSearchOptions): Promise<ServerSearch> {
    const search = new ServerSearch(options);
    await search.#opening;
    return search;
  }

  private constructor(options: ServerSearchOptions) {
    this.#options = options;
    this.#reopenMs = options.reopenMs ?? limits.searchReopenMs;
    this.#opening = this.#open();
  }

  /** Undefined while nothing can be searched. */
  get port(): OpenSearch | undefined {
    if (this.#opened === undefined) return undefined;
    const { search, start } = this.#opened;
    return { index: search, indexed: start, reset: (logId) => search.reset(logId) };
  }

  /** Tells, from now on, whenever there is another port or none. */
  whenChanged(changed: (search: OpenSearch | undefined) => void): void {
    this.#changed = changed;
  }

  /** Resolves when the file is closed. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    await this.#opening;
    await this.#opened?.search.close();
  }

  async #open(): Promise<void> {
    const { dataDirectory, reporter } = this.#options;
    try {
      this.#opened = await openSearch({ directory: dataDirectory, onFailure: (error) => this.#fail(error) });
    } catch (error) {
      this.#fail(error);
      return;
    }
    const { rebuilding } = this.#opened;
    if (rebuilding !== undefined) reporter.report('warning', 'The search index is built anew.', { reason: rebuilding });
    if (this.#hasFailed && !this.#isClosing) this.#timer = setTimeout(() => this.#sayItHolds(), this.#reopenMs);
    this.#changed(this.port);
  }

  /** One that can be opened may fail again over the first that it takes in. */
  #sayItHolds(): void {
    this.#hasFailed = false;
    // Whoever saw the error sees its end, too.
    this.#options.reporter.report('warning', 'The search index is open again.');
  }

  #fail(error: unknown): void {
    clearTimeout(this.#timer);
    this.#opened = undefined;
    this.#hasFailed = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.reporter.report(
      'error',
      `The search index failed: nothing can be searched here until it is opened again, in ${this.#reopenMs / 1000} s.`,
      { reason },
    );
    this.#changed(undefined);
    if (this.#isClosing) return;
    this.#timer = setTimeout(() => {
      this.#opening = this.#open();
    }, this.#reopenMs);
  }
}
