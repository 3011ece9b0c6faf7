import { defineProvider } from '../../kit/define-provider.ts';
import { type CheckmateCredentials, type CheckmateSettings, credentials, settings } from './credentials.ts';
import { checkmateTestCatalogue } from './test-catalogue.ts';
import { checkmateTestManagement } from './test-management.ts';
import { checkmateTestRunLocking } from './test-run-locking.ts';
import { verifyCheckmate } from './verify.ts';

export const checkmate = defineProvider<CheckmateCredentials, CheckmateSettings>({
  id: 'checkmate',
  displayName: 'Checkmate',
  categories: ['test-management'],
  defaultBaseUrl: null,
  credentials,
  settings,
  verify: verifyCheckmate,
  testManagement: checkmateTestManagement,
  testRunLocking: checkmateTestRunLocking,
  testCatalogue: checkmateTestCatalogue,
});
