import { defineProvider } from '../../kit/define-provider.ts';
import { credentials, type JiraCredentials, type JiraSettings, settings } from './credentials.ts';
import { jiraIssueTracker } from './issue-tracker.ts';
import { verifyJira } from './verify.ts';
import { jiraWebhook } from './webhook.ts';
import { jiraWebhookInstructions } from './webhook-instructions.ts';

export const jira = defineProvider<JiraCredentials, JiraSettings>({
  id: 'jira',
  displayName: 'Jira',
  categories: ['project-management'],
  defaultBaseUrl: null,
  credentials,
  settings,
  verify: verifyJira,
  issueTracker: jiraIssueTracker,
  webhook: jiraWebhook,
  webhookInstructions: jiraWebhookInstructions,
});
