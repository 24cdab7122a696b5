/**
 * Why the client goes on with another server than the one with this id, by the code of the event `disconnected`. A server that
 * cannot search is not lost: the client left it to search elsewhere.
 */
export function leftText(code: string, server: number | undefined): string {
  const id = server === undefined ? '' : ` ${server}`;
  if (code === 'SEARCH_UNAVAILABLE') return `Server${id} cannot search, asking another.`;
  return id === '' ? 'Lost the server, trying others.' : `Lost server${id}, trying others.`;
}
