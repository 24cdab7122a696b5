/** The people of a group of Holdfast's servers. */
import type { ServerGroup } from '../../test/support/server-group.js';
import { makeFramePerson, type Sessions } from './frame-person.js';
import { makeLibraryPerson } from './library-person.js';
import type { Person, PersonEvents, PersonMaker, Place } from './person.js';

type Driver = (server: Place, name: string, events: PersonEvents, sessions: Sessions) => Promise<Person>;

const drivers: Readonly<Record<string, Driver>> = { frames: makeFramePerson, library: makeLibraryPerson };

export const driverNames: readonly string[] = Object.keys(drivers);

/** Makes people who use this driver and are spread over these servers, all if left out. */
export function peopleOf(group: ServerGroup, driver: string, servers: readonly number[] = group.ids): PersonMaker {
  const make = drivers[driver];
  if (make === undefined) throw new Error(`--driver is one of ${driverNames.join(', ')}.`);
  const places = group.config.servers.filter(({ id }) => servers.includes(id));
  const sessions: Sessions = new Map();
  return (index, name, events) => make(places[index % places.length]!, name, events, sessions);
}
