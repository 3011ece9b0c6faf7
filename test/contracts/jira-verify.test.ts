import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../src/integrations/kit/define-provider.ts';
import { jira } from '../../src/integrations/providers/jira/index.ts';
import { createJiraFake, type JiraFake } from '../fakes/jira/index.ts';
import { expectNoSecret, providerError } from './contract-case.ts';
import { connectionTo, depsOf, type Kind, seed, TOKEN } from './jira-harness.ts';

describe('jira verify', () => {
  let fake: JiraFake;
  beforeEach(async () => {
    fake = await createJiraFake();
  });
  afterEach(() => fake.close());
  const verify = (connection: Connection, timeoutMs = 5_000) => jira.verify(connection, depsOf({ timeoutMs }), 'project-management');

  it.each<Kind>(['cloud', 'server'])('names the account (%s)', async (kind) => {
    seed(fake, kind);

    const answer = await verify(connectionTo(fake.origin, kind, TOKEN, { projectKey: 'APP' }));

    expect(answer).toEqual({ ok: true, account: 'Release Bot', expiresAt: null, rateLimit: null });
  });

  it('names each missing permission', async () => {
    const account = seed(fake, 'cloud');
    fake.world.setPermissions(account, 'APP', ['BROWSE_PROJECTS']);

    const answer = await verify(connectionTo(fake.origin, 'cloud', TOKEN, { projectKey: 'APP' }));

    expect(answer).toEqual({
      ok: false,
      problems: ['Create issues', 'Transition issues', 'Add comments', 'Link issues'].map((name) =>
        expect.stringContaining(`"${name}" in project APP`),
      ),
    });
  });

  it('says what to do about a wrong token, an unknown project and a base URL that is no Jira', async () => {
    seed(fake, 'cloud');
    const problems = async (connection: Connection) => {
      const answer = await verify(connection);
      return answer.ok ? [] : answer.problems;
    };

    expect(await problems(connectionTo(fake.origin, 'cloud', 'wrong-token-1'))).toEqual([
      expect.stringContaining('Create a new API token'),
    ]);
    expect(await problems(connectionTo(fake.origin, 'server', 'wrong-token-1'))).toEqual([
      expect.stringContaining('personal access token'),
    ]);
    expect(await problems(connectionTo(fake.origin, 'cloud', TOKEN, { projectKey: 'NOPE' }))).toEqual([expect.stringContaining('NOPE')]);
    expect(await problems(connectionTo(`${fake.origin}/wiki`, 'cloud'))).toEqual([expect.stringContaining('base URL')]);
    fake.failNext({ mode: 'html' });
    expect(await problems(connectionTo(fake.origin, 'cloud'))).toEqual([expect.stringContaining("not Jira's REST API")]);
  });

  it('throws when the question could not be asked', async () => {
    seed(fake, 'cloud');
    fake.failNext({ mode: 'hang' });
    const late = await providerError(verify(connectionTo(fake.origin, 'cloud'), 100));
    fake.failNext({ status: 503 });
    const down = await providerError(verify(connectionTo(fake.origin, 'cloud')));

    expect([late.kind, down.kind]).toEqual(['timeout', 'unavailable']);
    expectNoSecret(late, [TOKEN]);
  });
});
