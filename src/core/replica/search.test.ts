import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '../model/limits.js';
import { parseSearch } from '../model/search-query.js';
import type { MessageOf } from '../wire/message-types.js';
import type { Person } from './person.testing.js';
import { World } from './world.testing.js';

/** The request for what is typed; times are milliseconds. */
function searching(typed: string, more: Partial<MessageOf<'Search'>> = {}): MessageOf<'Search'> {
  const wish = parseSearch(typed, ({ year }) => year);
  assert.ok(!('fault' in wish));
  const { terms, from = '', with: other = '' } = wish;
  return { terms, from, with: other, afterMs: 0, beforeMs: 0, beforeTime: 0, limit: 0, ...more };
}

function found(person: Person, typed: string, more: Partial<MessageOf<'Search'>> = {}): string[] {
  return person.ask('Search', searching(typed, more)).messages.map(({ text }) => text);
}

function people(world: World, server = 1): [Person, Person, Person] {
  const all = ['anna', 'ben', 'carla'].map((name) => world.person(name).at(server));
  for (const person of all) {
    person.create();
    person.login();
  }
  return all as [Person, Person, Person];
}

test('[W134] a search finds what was acknowledged before it, on every server, the latest first', () => {
  const world = new World();
  world.startInSync();
  const [anna, ben] = people(world);
  anna.send('ben', 'Lunch at noon?');
  ben.send('anna', 'Noon is fine. Where is lünch?');
  anna.send('ben', 'Same place');
  assert.deepEqual(found(ben, 'lunch'), ['Noon is fine. Where is lünch?', 'Lunch at noon?']);
  ben.at(3).resume();
  assert.deepEqual(found(ben, '"is fine" NOON'), ['Noon is fine. Where is lünch?']);
  assert.deepEqual(found(ben, 'from:anna lun*'), ['Lunch at noon?']);
  assert.deepEqual(found(ben, 'with:ben lunch'), []);
  assert.deepEqual(found(ben, '-lunch'), ['Same place']);
});

test('[W135] nobody finds what they have no part in, whatever they ask for', () => {
  const world = new World();
  world.startInSync();
  const [anna, ben, carla] = people(world);
  anna.send('ben', 'a secret');
  anna.send('carla', 'a greeting');
  for (const typed of ['secret', 'from:anna secret', 'with:ben secret', 'secr*', 'from:anna with:ben', '-greeting']) {
    assert.deepEqual(found(carla, typed), [], typed);
  }
  assert.deepEqual(found(ben, 'secret'), ['a secret']);
  assert.equal(world.person('dora').at(1).askInVain('Search', searching('secret')), 'NOT_LOGGED_IN');
});

test('[W136] pages go on before the last message, and times bound them', () => {
  const world = new World();
  world.startInSync();
  const [anna] = people(world);
  for (let index = 1; index <= 7; index += 1) anna.send('ben', `text ${index}`);
  const texts: string[] = [];
  let place: Partial<MessageOf<'Search'>> = {};
  let times: number[] = [];
  for (let more = true; more;) {
    const page = anna.ask('Search', searching('text', { ...place, limit: 3 }));
    texts.push(...page.messages.map(({ text }) => text));
    times = [...times, ...page.messages.map(({ sentAtMs }) => sentAtMs)];
    const { time, id } = page.messages.at(-1)!;
    place = { beforeTime: time, beforeId: id };
    ({ more } = page);
  }
  assert.deepEqual(texts, ['text 7', 'text 6', 'text 5', 'text 4', 'text 3', 'text 2', 'text 1']);
  const [afterMs, beforeMs] = [times[4]!, times[2]!];
  const between = times.filter((ms) => ms >= afterMs && ms < beforeMs).length;
  assert.equal(found(anna, 'text', { afterMs, beforeMs }).length, between);
  assert.deepEqual(found(anna, 'text', { beforeMs: times[6]! }), []);
});

test('[W137] what cannot be searched for is refused, and says why', () => {
  const world = new World();
  world.startInSync();
  const [anna] = people(world);
  const term = (text: string, prefix = false) => ({ text, prefix, excluded: false });
  const hostile = [term('"'), term(''), term('...'), term('a', true), term('a*b')];
  for (const each of hostile) {
    assert.equal(anna.askInVain('Search', { ...searching('x'), terms: [each] }), 'SEARCH_INVALID');
  }
  const many = Array.from({ length: limits.searchTermsMax + 1 }, () => term('word'));
  assert.equal(anna.askInVain('Search', { ...searching('x'), terms: many }), 'SEARCH_INVALID');
  const long = term('x'.repeat(limits.searchCharactersMax + 1));
  assert.equal(anna.askInVain('Search', { ...searching('x'), terms: [long] }), 'SEARCH_INVALID');
  assert.equal(anna.askInVain('Search', searching('from:nobody x')), 'ACCOUNT_NOT_FOUND');
  assert.equal(anna.askInVain('Search', searching('with:nobody x')), 'ACCOUNT_NOT_FOUND');
});

test('what a deleted account wrote is found by those who got it, as in the history', () => {
  const world = new World();
  world.startInSync();
  const [anna, ben] = people(world);
  anna.send('ben', 'from before');
  anna.ask('DeleteAccount', {});
  assert.deepEqual(found(ben, 'before'), ['from before']);
  assert.deepEqual(found(ben, 'from:anna before'), ['from before']);
  assert.deepEqual(ben.history('anna'), ['from before']);
});

test('[W138] a message that a split made two ops of is found once', () => {
  const world = new World();
  world.startInSync();
  const [anna, ben] = people(world);
  const sending = anna.sending('ben', 'only once');
  world.split([1], [2, 3]);
  world.advance(limits.suspectAfterMs + 2 * limits.peerHeartbeatMs);
  anna.ask('Send', sending);
  anna.on(world.client()).at(2).resume();
  anna.ask('Send', sending);
  world.heal();
  world.untilConverged();
  for (const server of [1, 2, 3]) {
    ben.at(server).resume();
    assert.deepEqual(found(ben, 'once'), ['only once']);
    assert.deepEqual(found(ben, 'once', { limit: 1 }), ['only once']);
  }
});

test('[W139] a search waits for the index, and is told how far it is behind where that takes too long', () => {
  const world = new World();
  world.startInSync();
  const [anna] = people(world);
  world.server(1).search.hang();
  anna.send('ben', 'not yet');
  const reply = anna.client.request('Search', searching('yet'));
  world.until('the search is refused', () => reply.isThere);
  assert.equal(reply.outcome, 'SEARCH_BEHIND');
  assert.ok(world.server(1).status.searchLagOps > 0);
  const waiting = anna.client.request('Search', searching('yet'));
  world.server(1).search.resume();
  world.until('the search is answered', () => waiting.isThere);
  assert.deepEqual(
    waiting.message?.messages.map(({ text }) => text),
    ['not yet'],
  );
  assert.equal(world.server(1).status.searchLagOps, 0);
});

test('[W139] a search that takes too long is refused and given up, and the next one is done', () => {
  const world = new World();
  world.startInSync();
  const [anna] = people(world);
  anna.send('ben', 'here');
  assert.deepEqual(found(anna, 'here'), ['here']);
  world.server(1).search.hang();
  const reply = anna.client.request('Search', searching('here'));
  world.until('the search is refused', () => reply.isThere);
  assert.equal(reply.outcome, 'SEARCH_TOO_LONG');
  world.server(1).search.resume();
  assert.deepEqual(found(anna, 'here'), ['here']);
});

test('an index that was lost is made again from the log, and one that is of another log too', () => {
  const world = new World();
  world.startInSync();
  const [anna] = people(world);
  anna.send('ben', 'kept in the log');
  assert.deepEqual(found(anna, 'kept'), ['kept in the log']);
  for (const lose of [() => world.server(2).search.empty(), () => world.server(2).replaceDisk()]) {
    world.server(2).crash();
    lose();
    world.server(2).start();
    world.until('server 2 is open', () => world.server(2).isOpen);
    anna.at(2).resume();
    assert.deepEqual(found(anna, 'kept'), ['kept in the log']);
    anna.at(1).resume();
  }
});

test('an index that fails while the server runs is refused until it is opened anew, and then has everything', () => {
  const world = new World();
  world.startInSync();
  const [anna] = people(world);
  const { search } = world.server(1);
  anna.send('ben', 'one before');
  assert.deepEqual(found(anna, 'one'), ['one before']);
  search.hang();
  const waiting = anna.client.request('Search', searching('one'));
  search.fail(2);
  world.until('who waits is refused', () => waiting.isThere);
  assert.equal(waiting.outcome, 'SEARCH_UNAVAILABLE');
  assert.equal(anna.askInVain('Search', searching('one')), 'SEARCH_UNAVAILABLE');
  assert.equal(world.server(1).status.cannotSearch, true);
  anna.send('ben', 'one meanwhile');
  search.changed(search.open(() => true));
  anna.send('ben', 'one after');
  assert.deepEqual(found(anna, 'one'), ['one after', 'one meanwhile', 'one before']);
  assert.equal(world.server(1).status.cannotSearch, false);
  search.fail(0);
  search.empty();
  search.changed(search.open(() => true));
  assert.deepEqual(found(anna, 'one'), ['one after', 'one meanwhile', 'one before']);
});
