/**
 * Password hashes by argon2id with 19 MiB, two passes and one lane (OWASP's first recommendation), as PHC strings.
 *
 * Hashing takes 10 to 30 ms of a core, and of a thread of the pool that the disk needs too, so only so many run at once as
 * leave half of the cores, and half of the pool ({@link limits.passwordHashesAtOnceMax}), to all else. The others wait in order, up to {@link limits.passwordHashesWaitingMax}, and beyond that they are told
 * at once that the server is busy.
 */
import { availableParallelism } from 'node:os';

import { hash, verify } from '@node-rs/argon2';

import { limits } from '../../core/model/limits.js';
import type { Passwords } from '../../core/ports/passwords.js';

/** The algorithm is argon2id and the salt 16 random bytes where nothing else is said. */
const COST = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };

export class NodePasswords implements Passwords {
  readonly #waiting: (() => Promise<void>)[] = [];
  readonly #atOnce: number;
  #running = 0;

  constructor(options: { readonly cores?: number } = {}) {
    const { cores = availableParallelism() } = options;
    this.#atOnce = Math.max(1, Math.min(limits.passwordHashesAtOnceMax, Math.floor(cores / 2)));
  }

  hash(password: string, done: (result: { state: 'hashed'; hash: string } | { state: 'busy' }) => void): void {
    const work = async (): Promise<void> => {
      const hashed = await hash(password, COST);
      this.#finish();
      done({ state: 'hashed', hash: hashed });
    };
    if (!this.#accept(work)) process.nextTick(() => done({ state: 'busy' }));
  }

  verify(hashed: string, password: string, done: (result: 'right' | 'wrong' | 'busy') => void): void {
    const work = async (): Promise<void> => {
      const isRight = await isPasswordOf(hashed, password);
      this.#finish();
      done(isRight ? 'right' : 'wrong');
    };
    if (!this.#accept(work)) process.nextTick(() => done('busy'));
  }

  #accept(work: () => Promise<void>): boolean {
    if (this.#running < this.#atOnce) {
      this.#running += 1;
      void work();
      return true;
    }
    if (this.#waiting.length >= limits.passwordHashesWaitingMax) return false;
    this.#waiting.push(work);
    return true;
  }

  #finish(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running -= 1;
    else void next();
  }
}

/** A text that is no hash is nobody's password. */
async function isPasswordOf(hashed: string, password: string): Promise<boolean> {
  try {
    return await verify(hashed, password);
  } catch {
    return false;
  }
}
