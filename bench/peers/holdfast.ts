/** Holdfast itself, as it is without any settings. */
import { makePlace, ServerGroup } from '../../test/support/server-group.js';
import { lagOpsOf, pidsOf } from '../support/group.js';
import { peopleOf } from '../support/people.js';
import type { PersonMaker } from '../support/person.js';
import type { System } from '../support/system.js';

const POLL_MS = 20;

export class Holdfast implements System {
  readonly name = 'Holdfast';
  readonly durability =
    'On the disks of all three (fsync) before the acknowledgement; with servers down it goes on with those that are left.';
  #group: ServerGroup | undefined;
  #makePerson: PersonMaker | undefined;

  get pids(): number[] {
    return pidsOf(this.#running);
  }

  readonly makePerson: PersonMaker = (...args) => this.#makePerson!(...args);

  async start(): Promise<void> {
    this.#group = new ServerGroup(await makePlace({}));
    await this.#group.startAll();
    await this.#group.converged();
    this.#makePerson = peopleOf(this.#group, 'frames');
  }

  /** Waits until the databases of views and of search have everything. */
  async settle(): Promise<void> {
    while ((await this.lagOps()) > 0) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }

  async stop(): Promise<void> {
    await this.#group?.end();
    this.#group = undefined;
  }

  /** The lag of the database that is furthest behind, of all servers. */
  async lagOps(): Promise<number> {
    const found = await this.#running.status(...this.#running.ids);
    return Math.max(...found.map(lagOpsOf));
  }

  get #running(): ServerGroup {
    if (this.#group === undefined) throw new Error('Holdfast is not running.');
    return this.#group;
  }
}
