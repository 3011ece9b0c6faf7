import { randomUUID } from 'node:crypto';
import { type BitbucketFake, signedHeaders } from '../../test/fakes/bitbucket/index.ts';
import type { GitModel } from '../../test/fakes/git/git-model.ts';
import type { Webhooks, WebhookTarget } from '../webhooks.ts';
import type { CodeHost } from './host.ts';

interface BitbucketParts {
  fake: BitbucketFake;
  owner: string;
  repo: string;
  git: GitModel;
  token: string;
  webhooks: Webhooks;
}

/** A Bitbucket repository with the history that the team's developers push to. Bitbucket keeps no release objects. */
export function addBitbucketRepository({ fake, owner, repo, git, token, webhooks }: BitbucketParts): CodeHost {
  const repository = fake.world.addRepository({ workspace: owner, repo, git });
  fake.world.addCredential({ kind: 'access-token', secret: token, sees: [repository.fullName] });
  let targets: readonly WebhookTarget[] = [];
  return {
    access: {
      ...{ origin: fake.origin, provider: 'bitbucket', displayName: 'Sandbox Bitbucket', baseUrl: fake.baseUrl },
      credentials: { kind: 'access-token', token },
      settings: { workspace: owner, repo },
    },
    releases: () => [],
    point: (wanted) => {
      targets = wanted;
    },
    pushed({ branch, before, after, message }) {
      const payload = {
        actor: { type: 'user', nickname: 'developer' },
        repository: { type: 'repository', full_name: repository.fullName },
        push: {
          changes: [
            {
              ...{ created: false, closed: false, forced: false },
              old: { type: 'branch', name: branch, target: { hash: before } },
              new: { type: 'branch', name: branch, target: { hash: after, message } },
            },
          ],
        },
      };
      for (const { url, secret } of targets) {
        const deliveryId = randomUUID();
        const headers = signedHeaders(secret, 'repo:push', deliveryId, JSON.stringify(payload));
        webhooks.send(url, { provider: 'bitbucket', event: 'repo:push', deliveryId }, headers, payload);
      }
    },
  };
}
