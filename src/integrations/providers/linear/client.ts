import { z } from 'zod';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { isUuid } from './entity-id.ts';
import type { LinearConnection } from './identity.ts';
import { linearTrouble } from './linear-error.ts';
import { eachNode } from './pages.ts';
import { queries } from './queries.ts';
import { attachment, issue, type LinearTeam, label, member, page, person, state, team, webhook } from './schema.ts';
import { type LinearTransport, linearTransport } from './transport.ts';

export type LinearClient = ReturnType<typeof linearClient>;

/** Everything we ask of Linear, by name; one instance per connection and attempt. */
export function linearClient(connection: LinearConnection, deps: AdapterDeps) {
  const transport = linearTransport(connection, deps);
  return {
    whoAmI: () => {
      const schema = z.object({ viewer: z.object({ name: z.string() }), organization: z.object({ name: z.string() }) });
      return transport.askWithHeaders({ operation: 'who am I', query: queries.whoAmI, schema });
    },
    ...teamCalls(transport),
    ...issueCalls(transport),
    ...remarkCalls(transport),
    ...webhookCalls(transport),
  };
}

function teamCalls(transport: LinearTransport) {
  return {
    teams: () => eachNode(transport, { operation: 'list teams', query: queries.teams }, member('teams', page(team))),

    /** By key or id. */
    team: async (keyOrId: string): Promise<LinearTeam | null> => {
      const filter = isUuid(keyOrId) ? { id: { eq: keyOrId } } : { key: { eqIgnoreCase: keyOrId } };
      const schema = member('teams', z.object({ nodes: z.array(team) }));
      return (await transport.ask({ operation: 'find team', query: queries.findTeam, variables: { filter }, schema })).nodes[0] ?? null;
    },

    members: (teamId: string) =>
      eachNode(
        transport,
        { operation: 'list members', query: queries.members, variables: { team: teamId } },
        member('team', z.object({ members: page(person) })).transform(({ members }) => members),
      ),

    states: (teamId: string) => {
      const variables = { filter: { team: { id: { eq: teamId } } } };
      return eachNode(transport, { operation: 'list states', query: queries.states, variables }, member('workflowStates', page(state)));
    },

    /** Labels that issues of the team may carry: its own and those of the workspace. Of these names, in any case, when there are some. */
    labels: (teamId: string, names: readonly string[] = []) => {
      const usable = { or: [{ team: { null: true } }, { team: { id: { eq: teamId } } }] };
      const named = { or: names.map((name) => ({ name: { eqIgnoreCase: name } })) };
      const variables = { filter: names.length === 0 ? usable : { and: [usable, named] } };
      return eachNode(transport, { operation: 'list labels', query: queries.labels, variables }, member('issueLabels', page(label)));
    },

    createLabel: async (input: { name: string; teamId: string }) => {
      const schema = member('issueLabelCreate', z.object({ issueLabel: label }));
      return (await transport.ask({ operation: 'create label', query: queries.createLabel, variables: { input }, schema })).issueLabel;
    },
  };
}

function issueCalls(transport: LinearTransport) {
  const { ask, find } = transport;
  const written = (name: string) => member(name, z.object({ issue: issue.nullish() })).transform((payload) => payload.issue ?? null);
  return {
    /** By id or identifier (`ENG-123`). */
    issue: (id: string) => find({ operation: `read issue ${id}`, query: queries.issue, variables: { id }, schema: member('issue', issue) }),

    issuesLabelled: (teamId: string, names: readonly string[]) => {
      const variables = { filter: { team: { id: { eq: teamId } }, labels: { some: { name: { in: names } } } } };
      const request = { operation: 'list issues', query: queries.issues, variables };
      return eachNode(transport, request, member('issues', page(issue)));
    },

    createIssue: (input: Record<string, unknown>) =>
      ask({ operation: 'create issue', query: queries.createIssue, variables: { input }, schema: written('issueCreate') }),

    moveIssue: (id: string, stateId: string) => {
      const variables = { id, input: { stateId } };
      return ask({ operation: 'move issue', query: queries.updateIssue, variables, schema: written('issueUpdate') });
    },
  };
}

function remarkCalls(transport: LinearTransport) {
  const { ask, find } = transport;
  return {
    commentExists: async (id: string): Promise<boolean> => {
      const schema = member('comment', z.object({ id: z.string() }));
      return (await find({ operation: 'read comment', query: queries.comment, variables: { id }, schema })) !== null;
    },

    createComment: (input: { id: string; issueId: string; body: string }) =>
      done(transport, 'commentCreate', { operation: 'create comment', query: queries.createComment, variables: { input } }),

    /** The attachment of an issue that has this URL: Linear allows one. */
    attachment: async (issueId: string, url: string) => {
      const schema = member('issue', z.object({ attachments: z.object({ nodes: z.array(attachment) }) }));
      const found = await ask({ operation: 'read attachments', query: queries.attachments, variables: { issue: issueId, url }, schema });
      return found.attachments.nodes.find((each) => each.url === url) ?? null;
    },

    /** Updates the attachment that the issue has of this URL, if there is one. */
    createAttachment: (input: { issueId: string; url: string; title: string }) =>
      done(transport, 'attachmentCreate', { operation: 'create attachment', query: queries.createAttachment, variables: { input } }),
  };
}

function webhookCalls(transport: LinearTransport) {
  return {
    webhooks: () => eachNode(transport, { operation: 'list webhooks', query: queries.webhooks }, member('webhooks', page(webhook))),

    createWebhook: async (input: Record<string, unknown>) => {
      const schema = member('webhookCreate', z.object({ webhook }));
      return (await transport.ask({ operation: 'create webhook', query: queries.createWebhook, variables: { input }, schema })).webhook;
    },

    updateWebhook: (id: string, input: Record<string, unknown>) =>
      done(transport, 'webhookUpdate', { operation: 'update webhook', query: queries.updateWebhook, variables: { id, input } }),

    deleteWebhook: (id: string) =>
      done(transport, 'webhookDelete', { operation: 'delete webhook', query: queries.deleteWebhook, variables: { id } }),
  };
}

/** A write of which only its success matters. */
async function done(
  transport: LinearTransport,
  name: string,
  request: { operation: string; query: string; variables: Record<string, unknown> },
): Promise<void> {
  const { success } = await transport.ask({ ...request, schema: member(name, z.object({ success: z.boolean() })) });
  if (!success) throw linearTrouble('unavailable', `${request.operation} was answered without success`);
}
