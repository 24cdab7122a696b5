/**
 * Whether two secrets are equal, in a time that depends on their lengths alone: how long it takes tells nobody how
 * much of a guess was right.
 */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index += 1) difference |= a[index]! ^ b[index]!;
  return difference === 0;
}
