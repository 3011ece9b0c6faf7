import type { FakeRun } from '../../test/fakes/github/index.ts';

/** The workflows of the sandbox's repositories, as somebody would have written them for Signalbox. */

interface WorkflowFile {
  /** Base name; what a CI config names as workflow id. */
  file: string;
  name: string;
  runner: string;
  steps: string[];
  /** What a successful run uploads; `null` = nothing (tests). */
  artifact: ((version: string) => string) | null;
}

const buildApk = ['./gradlew assembleRelease', 'upload-artifact app/build/outputs/apk/release/*.apk'];
const buildIpa = ['bundle exec fastlane build', 'upload-artifact build/*.ipa'];
const android = { runner: 'ubuntu-latest' };
const ios = { runner: 'macos-latest' };

const files: WorkflowFile[] = [
  { ...android, file: 'pre-regression-android.yml', name: 'Android pre-regression', steps: buildApk, artifact: (v) => `shop-${v}-pre.apk` },
  { ...ios, file: 'pre-regression-ios.yml', name: 'iOS pre-regression', steps: buildIpa, artifact: (v) => `shop-${v}-pre.ipa` },
  { ...android, file: 'regression-android.yml', name: 'Android regression', steps: buildApk, artifact: (v) => `shop-${v}-regression.apk` },
  { ...ios, file: 'regression-ios.yml', name: 'iOS regression', steps: buildIpa, artifact: (v) => `shop-${v}-regression.ipa` },
  { ...android, file: 'automation-android.yml', name: 'Android automation', steps: ['./gradlew connectedCheck'], artifact: null },
  { ...ios, file: 'automation-ios.yml', name: 'iOS automation', steps: ['bundle exec fastlane test'], artifact: null },
  { ...ios, file: 'testflight.yml', name: 'TestFlight', steps: ['bundle exec fastlane beta'], artifact: (v) => `shop-${v}-testflight.ipa` },
  { ...android, file: 'play-bundle.yml', name: 'Play bundle', steps: ['./gradlew bundleRelease'], artifact: (v) => `shop-${v}.aab` },
];

export const workflowFiles: readonly { path: string; name: string; content: string }[] = files.map((file) => ({
  path: `.github/workflows/${file.file}`,
  name: file.name,
  content: yaml(file),
}));

/** Which workflow file serves which purpose, in the words of Signalbox. */
export const workflowsByPurpose = [
  { platform: 'ANDROID', workflowType: 'PRE_REGRESSION_BUILD', file: 'pre-regression-android.yml' },
  { platform: 'IOS', workflowType: 'PRE_REGRESSION_BUILD', file: 'pre-regression-ios.yml' },
  { platform: 'ANDROID', workflowType: 'REGRESSION_BUILD', file: 'regression-android.yml' },
  { platform: 'IOS', workflowType: 'REGRESSION_BUILD', file: 'regression-ios.yml' },
  { platform: 'ANDROID', workflowType: 'AUTOMATION_BUILD', file: 'automation-android.yml' },
  { platform: 'IOS', workflowType: 'AUTOMATION_BUILD', file: 'automation-ios.yml' },
  { platform: 'IOS', workflowType: 'TEST_FLIGHT_BUILD', file: 'testflight.yml' },
  { platform: 'ANDROID', workflowType: 'AAB_BUILD', file: 'play-bundle.yml' },
] as const;

export function artifactNames(run: FakeRun): string[] {
  const file = files.find(({ name }) => name === run.workflow.name);
  if (file === undefined || file.artifact === null) return [];
  return [file.artifact(run.inputs.version || run.headSha.slice(0, 7))];
}

function yaml({ name, runner, steps }: WorkflowFile): string {
  const inputs = ['version', 'branch', 'rc_tag', 'release_tag', 'signalbox_correlation_id'];
  return [
    `name: ${name}`,
    `run-name: ${name} \${{ inputs.version }} [\${{ inputs.signalbox_correlation_id }}]`,
    'on:',
    '  workflow_dispatch:',
    '    inputs:',
    ...inputs.map((input) => `      ${input}: { required: ${input === 'version'}, type: string }`),
    'jobs:',
    '  build:',
    `    runs-on: ${runner}`,
    '    steps:',
    '      - uses: actions/checkout@v4',
    ...steps.map((step) => `      - run: ${step}`),
    '',
  ].join('\n');
}
