import { appStoreContract } from './app-store.contract.ts';
import { googlePlayHarness, googlePlayRolloutHarness, googlePlayUploadHarness } from './google-play-harness.ts';
import { stagedRolloutContract } from './staged-rollout.contract.ts';
import { storeUploadContract } from './store-upload.contract.ts';

const noTimes = {
  reason: 'Play does not tell when a bundle was uploaded',
  tests: ['builds > uploaded before the time asked for are another’s'],
};
const noProcessing = { reason: 'a bundle is listed once it has been processed', tests: ['builds > say whether the store takes them'] };
const approvalReleases = {
  reason: 'approval releases: there is no call to make, and nothing that could be lost',
  tests: [
    'ensureReleased: 401 is unauthorized, and the next try makes it one effect',
    'ensureReleased: 403 is forbidden, and the next try makes it one effect',
    'ensureReleased: 404 is not-found, and the next try makes it one effect',
    'ensureReleased: 409 is conflict, and the next try makes it one effect',
    'ensureReleased: 422 is invalid, and the next try makes it one effect',
    'ensureReleased: 429 with Retry-After is rate-limited, and the next try makes it one effect',
    'ensureReleased: 503 is unavailable, and the next try makes it one effect',
    'ensureReleased: a web page with status 502 is unavailable, and the next try makes it one effect',
    'ensureReleased: a web page instead of JSON is malformed, and the next try makes it one effect',
    'ensureReleased: no answer in time is timeout, and the next try makes it one effect',
    'ensureReleased: a connection dropped before the call arrived is unavailable, and the next try makes it one effect',
    'ensureReleased: a connection dropped after the call was done is unavailable, and the next try makes it one effect',
    'ensureReleased: an answer cut in the middle is unavailable, and the next try makes it one effect',
    "ensureReleased: an abort stops the call under way with the abort's reason",
  ],
};

appStoreContract('google-play', googlePlayHarness, { skip: [noTimes, noProcessing, approvalReleases] });
stagedRolloutContract('google-play', googlePlayRolloutHarness);
storeUploadContract('google-play', googlePlayUploadHarness);
