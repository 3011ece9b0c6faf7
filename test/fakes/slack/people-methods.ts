import type { Method } from './methods.ts';
import { needScope, Refusal } from './refusal.ts';
import type { FakePerson, FakeWorkspace } from './workspace.ts';

/** Who is in the workspace, and talking to one of them alone. */

export const peopleMethods: Readonly<Record<string, Method>> = {
  'users.lookupByEmail': ({ workspace, args }) => {
    needScope(workspace, 'users:read.email');
    // "If the user has been deactivated, users_not_found will be returned"; addresses are compared in any case.
    const found = [...workspace.people.values()].find(({ email, isDeleted }) => !isDeleted && sameAddress(email, args.email));
    if (!found) throw new Refusal('users_not_found');
    return { user: view(workspace, found) };
  },

  'users.info': ({ workspace, args }) => {
    needScope(workspace, 'users:read');
    const found = workspace.people.get(args.user ?? '');
    if (!found) throw new Refusal('user_not_found');
    return { user: view(workspace, found) };
  },

  'conversations.open': ({ workspace, args }) => {
    needScope(workspace, 'im:write');
    const person = workspace.people.get(args.users ?? '');
    if (!person) throw new Refusal('user_not_found');
    if (person.isDeleted) throw new Refusal('user_disabled');
    if (person.isBot) throw new Refusal('cannot_dm_bot');
    return { channel: { id: workspace.directChannel(person.id).id } };
  },
};

const sameAddress = (one: string, other: string | undefined) => one.toLowerCase() === other?.toLowerCase();

/** The address shows only to those who may read it. */
function view(workspace: FakeWorkspace, person: FakePerson): Record<string, unknown> {
  return {
    id: person.id,
    team_id: workspace.teamId,
    name: person.name,
    deleted: person.isDeleted,
    real_name: `${person.name} Example`,
    profile: {
      ...{ title: '', phone: '', skype: '', status_text: '', status_emoji: '', avatar_hash: 'g1', fields: null },
      ...{ real_name: `${person.name} Example`, real_name_normalized: `${person.name} Example` },
      ...{ display_name: person.name, display_name_normalized: person.name },
      ...(workspace.scopes.includes('users:read.email') && !person.isBot ? { email: person.email } : {}),
    },
    is_bot: person.isBot,
    is_app_user: false,
    is_email_confirmed: person.isEmailConfirmed,
    updated: 1_700_000_000,
  };
}
