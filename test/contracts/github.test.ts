import { ciContract } from './ci.contract.ts';
import {
  githubCiHarness,
  githubReleaseObjectsHarness,
  githubSourceControlHarness,
  githubWebhookHarness,
  githubWebhookRegistrarHarness,
} from './github-harness.ts';
import { releaseObjectsContract } from './release-objects.contract.ts';
import { sourceControlContract } from './source-control.contract.ts';
import { webhookRegistrarContract } from './webhook-registrar.contract.ts';
import { webhookSourceContract } from './webhook-source.contract.ts';

sourceControlContract('github', githubSourceControlHarness);
releaseObjectsContract('github', githubReleaseObjectsHarness);
webhookRegistrarContract('github', githubWebhookRegistrarHarness);
ciContract('github', githubCiHarness);
webhookSourceContract('github', githubWebhookHarness);
