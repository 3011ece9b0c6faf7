import type { Category, Provider } from './kit/define-provider.ts';
import { appStoreConnect } from './providers/app-store-connect/index.ts';
import { asana } from './providers/asana/index.ts';
import { bitbucket } from './providers/bitbucket/index.ts';
import { checkmate } from './providers/checkmate/index.ts';
import { clickup } from './providers/clickup/index.ts';
import { deployWebhook } from './providers/deploy-webhook/index.ts';
import { github } from './providers/github/index.ts';
import { gitlab } from './providers/gitlab/index.ts';
import { googlePlay } from './providers/google-play/index.ts';
import { haproxy } from './providers/haproxy/index.ts';
import { jenkins } from './providers/jenkins/index.ts';
import { jira } from './providers/jira/index.ts';
import { kubernetes } from './providers/kubernetes/index.ts';
import { linear } from './providers/linear/index.ts';
import { localRunner } from './providers/local-runner/index.ts';
import { metricsWebhook } from './providers/metrics-webhook/index.ts';
import { monday } from './providers/monday/index.ts';
import { mysqlDatabase } from './providers/mysql-database/index.ts';
import { nginx } from './providers/nginx/index.ts';
import { prometheus } from './providers/prometheus/index.ts';
import { slack } from './providers/slack/index.ts';
import { smtp } from './providers/smtp/index.ts';
import { ssh } from './providers/ssh/index.ts';
import { webhook } from './providers/webhook/index.ts';

/** Every provider there is, by id. Adding one is one folder and one line here. */
export const providers: Readonly<Record<string, Provider>> = {
  'app-store-connect': appStoreConnect,
  asana,
  bitbucket,
  checkmate,
  clickup,
  'deploy-webhook': deployWebhook,
  github,
  gitlab,
  'google-play': googlePlay,
  haproxy,
  jenkins,
  jira,
  kubernetes,
  linear,
  'local-runner': localRunner,
  'metrics-webhook': metricsWebhook,
  monday,
  'mysql-database': mysqlDatabase,
  nginx,
  prometheus,
  slack,
  smtp,
  ssh,
  webhook,
};

export const findProvider = (id: string): Provider | null => (Object.hasOwn(providers, id) ? (providers[id] ?? null) : null);

export const providersOf = (category: Category): Provider[] =>
  Object.values(providers).filter((provider) => provider.categories.includes(category));
