import {
  bitbucketRegistrarHarness,
  bitbucketSourceArchiveHarness,
  bitbucketSourceControlHarness,
  bitbucketWebhookHarness,
} from './bitbucket-harness.ts';
import { sourceArchiveContract } from './source-archive.contract.ts';
import { sourceControlContract } from './source-control.contract.ts';
import { webhookRegistrarContract } from './webhook-registrar.contract.ts';
import { webhookSourceContract } from './webhook-source.contract.ts';

sourceArchiveContract('bitbucket', bitbucketSourceArchiveHarness);
sourceControlContract('bitbucket', bitbucketSourceControlHarness, {
  skip: [
    {
      reason: 'Bitbucket has no labels on pull requests',
      tests: ['a merged pull request names its merge commit, an unmerged one none'],
    },
    { reason: 'Bitbucket counts passing builds and names none', tests: ['a protected branch tells its rules, whatever its name'] },
  ],
});
webhookSourceContract('bitbucket', bitbucketWebhookHarness);
webhookRegistrarContract('bitbucket', bitbucketRegistrarHarness);
