import {
  gitlabReleaseObjectsHarness,
  gitlabSourceArchiveHarness,
  gitlabSourceControlHarness,
  gitlabWebhookRegistrarHarness,
} from './gitlab-harness.ts';
import { releaseObjectsContract } from './release-objects.contract.ts';
import { sourceArchiveContract } from './source-archive.contract.ts';
import { sourceControlContract } from './source-control.contract.ts';
import { webhookRegistrarContract } from './webhook-registrar.contract.ts';

sourceArchiveContract('gitlab', gitlabSourceArchiveHarness);
sourceControlContract('gitlab', gitlabSourceControlHarness);
releaseObjectsContract('gitlab', gitlabReleaseObjectsHarness);
webhookRegistrarContract('gitlab', gitlabWebhookRegistrarHarness);
