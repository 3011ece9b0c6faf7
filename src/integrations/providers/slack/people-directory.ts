import type { PeopleDirectory, Person } from '../../capabilities/messaging.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type SlackClient, slackClient } from './client.ts';
import type { SlackConnection } from './identity.ts';
import { SlackRefusal } from './slack-error.ts';

/** Slack's own bot, which its `is_bot` does not call one. */
const SLACKBOT = 'USLACKBOT';

type User = Awaited<ReturnType<SlackClient['person']>>['user'];

export function slackPeopleDirectory(connection: SlackConnection, deps: AdapterDeps): PeopleDirectory {
  const client = slackClient(connection, deps);
  return {
    findPersonByEmail: (email) => personOrNull(client.personByEmail(email)),
    person: (id) => personOrNull(client.person(id)),
    async directChannel(personId) {
      const { channel } = await client.openDirect(personId);
      return channel.id;
    },
  };
}

/** Codes of these methods alone: `not-found` of another kind is no absence of a person. */
const ABSENT = new Set(['users_not_found', 'user_not_found', 'user_not_visible']);

async function personOrNull(asking: Promise<{ user: User }>): Promise<Person | null> {
  try {
    const { user } = await asking;
    return personOf(user);
  } catch (error) {
    if (error instanceof SlackRefusal && ABSENT.has(error.code)) return null;
    throw error;
  }
}

/** Addresses that Slack has not confirmed were typed by anybody. */
function personOf({ id, name, real_name, deleted, is_bot, is_email_confirmed, profile }: User): Person {
  return {
    id,
    displayName: profile.display_name || profile.real_name || real_name || name || id,
    email: is_email_confirmed === true ? profile.email || null : null,
    isActivePerson: deleted !== true && is_bot !== true && id !== SLACKBOT,
  };
}
