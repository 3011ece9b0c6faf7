import type { FakeAnswer, FakeRequest, FakeServer } from '../fake-server.ts';
import type { JiraAccount, JiraIssue, JiraWorld } from './world.ts';

/** A route for accounts; what wrong credentials get, as if nobody had logged in, is the second. */
export type As = (
  handler: (account: JiraAccount, request: FakeRequest) => FakeAnswer,
  anonymous?: () => FakeAnswer,
) => (request: FakeRequest) => FakeAnswer;

/** What the routes of one REST version are made on. */
export interface JiraSite {
  world: JiraWorld;
  origin: string;
  version: string;
  route: FakeServer['route'];
  as: As;
}

/** Issues of projects that the account may browse. */
export function visible(world: JiraWorld, account: JiraAccount, key = ''): JiraIssue | undefined {
  const issue = world.findIssue(key);
  return issue?.project.members.get(account.accountId)?.has('BROWSE_PROJECTS') ? issue : undefined;
}
