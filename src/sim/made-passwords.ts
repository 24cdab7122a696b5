/** Passwords of a made world: hashing takes time and hides nothing. */
import type { Passwords } from '../core/ports/passwords.js';

/** `after` calls back once the time that it takes is over. */
export function madePasswords(after: (callback: () => void) => void): Passwords {
  return {
    hash: (password, done) => after(() => done({ state: 'hashed', hash: `made:${password}` })),
    verify: (hash, password, done) => after(() => done(hash === `made:${password}` ? 'right' : 'wrong')),
  };
}
