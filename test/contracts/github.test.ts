import { ciContract } from './ci.contract.ts';
import {
  githubCiHarness,
  githubReleaseObjectsHarness,
  githubSourceArchiveHarness,
  githubSourceControlHarness,
  githubWebhookHarness,
  githubWebhookRegistrarHarness,
} from './github-harness.ts';
import { releaseObjectsContract } from './release-objects.contract.ts';
import { sourceArchiveContract } from './source-archive.contract.ts';
import { sourceControlContract } from './source-control.contract.ts';
import { webhookRegistrarContract } from './webhook-registrar.contract.ts';
import { webhookSourceContract } from './webhook-source.contract.ts';

sourceArchiveContract('github', githubSourceArchiveHarness);
sourceControlContract('github', githubSourceControlHarness);
releaseObjectsContract('github', githubReleaseObjectsHarness);
webhookRegistrarContract('github', githubWebhookRegistrarHarness);
ciContract('github', githubCiHarness);
webhookSourceContract('github', githubWebhookHarness);
