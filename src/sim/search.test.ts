import { searchContract } from '../core/wire/search.contract.js';
import { MemorySearch } from './search.js';

searchContract('search in memory', async () => {
  const search = new MemorySearch(queueMicrotask);
  return Promise.resolve({
    search,
    reopen: async () => Promise.resolve({ search, indexed: search.indexed }),
    close: async () => Promise.resolve(),
  });
});
