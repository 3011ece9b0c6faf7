import { describe, expect } from 'vitest';
import type { PeopleDirectory } from '../../src/integrations/capabilities/messaging.ts';
import type { CallMatch } from '../fakes/fake-server.ts';
import { type AdapterHarness, type ContractTests, contractTests } from './adapter-harness.ts';
import { type ContractSkip, providerError } from './contract-case.ts';
import { type FaultyRead, type FaultyWrite, faultTests } from './fault-cases.ts';

/** Who somebody is at the provider, and talking to them alone. */

export interface PeopleWorld {
  /** Their id. */
  addPerson(person: { email: string; name?: string; isEmailConfirmed?: boolean; isBot?: boolean; isDeleted?: boolean }): string;
  /** Direct channels the connection's account has: channel id → person id. */
  directChannels(): Record<string, string>;
}

export interface PeopleDirectoryHarness extends AdapterHarness<PeopleDirectory, PeopleWorld> {
  matches: Record<'byEmail' | 'byId' | 'direct', CallMatch>;
  /** Fits the provider's pattern and names nobody. */
  unknownId: string;
}

type Tests = ContractTests<PeopleDirectoryHarness>;

const email = 'ada@example.com';

export function peopleDirectoryContract(
  name: string,
  makeHarness: () => Promise<PeopleDirectoryHarness>,
  options: { skip?: readonly ContractSkip[] } = {},
): void {
  describe(`${name} keeps the people directory contract`, () => {
    const tests = contractTests(makeHarness, options.skip);
    personTests(tests);
    directTests(tests);
    faultTests<PeopleDirectory, PeopleWorld, PeopleDirectoryHarness>(tests, { reads: [faultyEmail, faultyPerson], writes: [faultyDirect] });
    tests.end();
  });
}

function personTests({ test }: Tests): void {
  test('a person is found by their address, in any case, as by their id', async ({ connect, world }) => {
    world.addPerson({ email: 'other@example.com' });
    const id = world.addPerson({ email, name: 'ada' });

    const found = await connect().findPersonByEmail('Ada@Example.com');

    expect(found).toEqual({ id, displayName: 'ada', email, isActivePerson: true });
    expect(await connect().person(id)).toEqual(found);
  });

  test('nobody is null, by address and by id', async ({ connect, world, unknownId }) => {
    world.addPerson({ email });

    expect(await connect().findPersonByEmail('bob@example.com')).toBeNull();
    expect(await connect().person(unknownId)).toBeNull();
  });

  test('an address that is not confirmed is not told', async ({ connect, world }) => {
    const id = world.addPerson({ email, isEmailConfirmed: false });

    expect(await connect().person(id)).toMatchObject({ id, email: null, isActivePerson: true });
  });

  test('a bot and a deactivated account are nobody to ask', async ({ connect, world }) => {
    const bot = world.addPerson({ email: 'bot@example.com', isBot: true });
    const gone = world.addPerson({ email, isDeleted: true });

    expect(await connect().person(bot)).toMatchObject({ isActivePerson: false });
    expect(await connect().person(gone)).toMatchObject({ isActivePerson: false });
    expect((await connect().findPersonByEmail(email))?.isActivePerson ?? false).toBe(false);
  });
}

function directTests({ test }: Tests): void {
  test('the direct channel of a person is theirs alone, and the same each time', async ({ connect, world }) => {
    const ada = world.addPerson({ email });
    const bob = world.addPerson({ email: 'bob@example.com' });

    const channels = [await connect().directChannel(ada), await connect().directChannel(bob), await connect().directChannel(ada)];

    expect(channels[2]).toBe(channels[0]);
    expect(world.directChannels()).toEqual({ [channels[0] ?? '']: ada, [channels[1] ?? '']: bob });
  });

  test('the direct channel of nobody is not-found', async ({ connect, unknownId }) => {
    const error = await providerError(connect().directChannel(unknownId));

    expect(error.kind).toBe('not-found');
  });
}

/** The first person of the world: one is there after `somebody`. */
const somebody = async ({ world }: PeopleDirectoryHarness) => void world.addPerson({ email });

const faultyEmail: FaultyRead<PeopleDirectoryHarness, PeopleDirectory> = {
  name: 'by address',
  match: ({ matches }) => matches.byEmail,
  prepare: somebody,
  call: (subject) => subject.findPersonByEmail(email),
};

const faultyPerson: FaultyRead<PeopleDirectoryHarness, PeopleDirectory> = {
  name: 'by id',
  match: ({ matches }) => matches.byId,
  call: (subject, { unknownId }) => subject.person(unknownId),
};

const faultyDirect: FaultyWrite<PeopleDirectoryHarness, PeopleDirectory> = {
  name: 'direct channel',
  match: ({ matches }) => matches.direct,
  prepare: somebody,
  call: async (subject) => subject.directChannel((await subject.findPersonByEmail(email))?.id ?? ''),
  effects: ({ world }) => Object.keys(world.directChannels()).length,
};
