import type { JiraWorld } from '../../test/fakes/jira/index.ts';
import type { Webhooks } from '../webhooks.ts';
import type { Robot } from './robot.ts';

type Ticket = ReturnType<JiraWorld['tickets']>[number];

/** Takes the release's tickets up and closes them, as fast as nobody does. Older tickets of the project are not touched. */
export function productOwner(
  world: JiraWorld,
  webhooks: Webhooks,
  isSeeded: (key: string) => boolean,
  times: { startAfterMs: number; doneAfterMs: number },
): Robot {
  const move = (ticket: Ticket, to: string) => {
    const from = ticket.status;
    world.setStatus(ticket.key, to);
    webhooks.jira(ticket.project.key, 'jira:issue_updated', {
      issue_event_type_name: 'issue_generic',
      issue: { id: ticket.id, key: ticket.key, fields: { summary: ticket.summary, status: { name: to } } },
      changelog: { id: `${ticket.id}${to.length}`, items: [{ field: 'status', fieldtype: 'jira', fromString: from, toString: to }] },
    });
  };
  return {
    look(now) {
      for (const ticket of world.tickets()) {
        if (isSeeded(ticket.key)) continue;
        const age = now - ticket.createdAt;
        if (ticket.status === 'To Do' && age >= times.startAfterMs) move(ticket, 'In Progress');
        else if (ticket.status === 'In Progress' && age >= times.doneAfterMs) move(ticket, 'Done');
      }
    },
  };
}
