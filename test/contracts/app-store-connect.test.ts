import { appCatalogueContract } from './app-catalogue.contract.ts';
import { appStoreContract } from './app-store.contract.ts';
import { ascCatalogueHarness, ascHarness, ascWithdrawalHarness } from './app-store-connect-harness.ts';
import { submissionWithdrawalContract } from './submission-withdrawal.contract.ts';

appStoreContract('app-store-connect', ascHarness);
submissionWithdrawalContract('app-store-connect', ascWithdrawalHarness);
appCatalogueContract('app-store-connect', ascCatalogueHarness);
