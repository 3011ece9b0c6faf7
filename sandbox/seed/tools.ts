import type { CheckmateWorld } from '../../test/fakes/checkmate/index.ts';
import type { FakeWorkspace, SlackFake } from '../../test/fakes/slack/index.ts';

/** A team's test project and workspace, with some life in them. */

export const testLabels = { smoke: 1, regression: 2 } as const;
export const testPlatforms = { ANDROID: 1, IOS: 2 } as const;

const areas = ['Login', 'Search', 'Product page', 'Cart', 'Checkout', 'Orders'];

export function seedTests(world: CheckmateWorld, input: { token: string; name: string }): number {
  world.addUser({ token: input.token, role: 'admin', userName: `${input.name} release bot` });
  const tests = Object.values(testPlatforms).flatMap((platformId) =>
    areas.flatMap((area, section) => [
      { title: `${area}: works as before`, sectionId: section + 1, platformId, labelIds: [testLabels.regression, testLabels.smoke] },
      { title: `${area}: without network`, sectionId: section + 1, platformId, labelIds: [testLabels.regression] },
    ]),
  );
  return world.addProject({ projectName: `${input.name} mobile`, tests }).projectId;
}

export function seedWorkspace(
  slack: SlackFake,
  input: { token: string; name: string },
): { workspace: FakeWorkspace; channels: Record<string, string> } {
  const workspace = slack.addWorkspace({ token: input.token, name: input.name });
  const channels: Record<string, string> = {};
  for (const name of ['releases', 'builds', 'regression', 'critical']) channels[name] = workspace.addChannel({ name }).id;
  workspace.addChannel({ name: 'random', isMember: false });
  workspace.say(channels.releases ?? '', 'Freeze is on Thursday as always, please land what you have before.');
  return { workspace, channels };
}
