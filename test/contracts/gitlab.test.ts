import { gitlabReleaseObjectsHarness, gitlabSourceControlHarness, gitlabWebhookRegistrarHarness } from './gitlab-harness.ts';
import { releaseObjectsContract } from './release-objects.contract.ts';
import { sourceControlContract } from './source-control.contract.ts';
import { webhookRegistrarContract } from './webhook-registrar.contract.ts';

sourceControlContract('gitlab', gitlabSourceControlHarness);
releaseObjectsContract('gitlab', gitlabReleaseObjectsHarness);
webhookRegistrarContract('gitlab', gitlabWebhookRegistrarHarness);
