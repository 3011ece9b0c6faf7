import type { FakeRun } from '../../test/fakes/github/index.ts';

/** The workflows of the sandbox's repositories, as somebody would have written them for Signalbox. */

interface WorkflowFile {
  /** Base name, without `.yml`; a Jenkins job is called so, too. */
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
  { ...android, file: 'pre-regression-android', name: 'Android pre-regression', steps: buildApk, artifact: (v) => `shop-${v}-pre.apk` },
  { ...ios, file: 'pre-regression-ios', name: 'iOS pre-regression', steps: buildIpa, artifact: (v) => `shop-${v}-pre.ipa` },
  { ...android, file: 'regression-android', name: 'Android regression', steps: buildApk, artifact: (v) => `shop-${v}-regression.apk` },
  { ...ios, file: 'regression-ios', name: 'iOS regression', steps: buildIpa, artifact: (v) => `shop-${v}-regression.ipa` },
  { ...android, file: 'automation-android', name: 'Android automation', steps: ['./gradlew connectedCheck'], artifact: null },
  { ...ios, file: 'automation-ios', name: 'iOS automation', steps: ['bundle exec fastlane test'], artifact: null },
  { ...ios, file: 'testflight', name: 'TestFlight', steps: ['bundle exec fastlane beta'], artifact: (v) => `shop-${v}-testflight.ipa` },
  { ...android, file: 'play-bundle', name: 'Play bundle', steps: ['./gradlew bundleRelease'], artifact: (v) => `shop-${v}.aab` },
];

export const workflowFiles: readonly { path: string; name: string; content: string }[] = files.map((file) => ({
  path: `.github/workflows/${file.file}.yml`,
  name: file.name,
  content: yaml(file),
}));

/** Which workflow file serves which purpose, in the words of Signalbox. */
export const workflowsByPurpose = [
  { platform: 'ANDROID', workflowType: 'PRE_REGRESSION_BUILD', file: 'pre-regression-android' },
  { platform: 'IOS', workflowType: 'PRE_REGRESSION_BUILD', file: 'pre-regression-ios' },
  { platform: 'ANDROID', workflowType: 'REGRESSION_BUILD', file: 'regression-android' },
  { platform: 'IOS', workflowType: 'REGRESSION_BUILD', file: 'regression-ios' },
  { platform: 'ANDROID', workflowType: 'AUTOMATION_BUILD', file: 'automation-android' },
  { platform: 'IOS', workflowType: 'AUTOMATION_BUILD', file: 'automation-ios' },
  { platform: 'IOS', workflowType: 'TEST_FLIGHT_BUILD', file: 'testflight' },
  { platform: 'ANDROID', workflowType: 'AAB_BUILD', file: 'play-bundle' },
] as const;

/** What a successful run of this workflow uploads. @param file as in `workflowsByPurpose` */
export function artifactOf(file: string, version: string): string | null {
  return files.find((each) => each.file === file)?.artifact?.(version) ?? null;
}

/** For GitHub, where a run knows its workflow by name. */
export function artifactNames(run: FakeRun): string[] {
  const file = files.find(({ name }) => name === run.workflow.name)?.file ?? '';
  return [artifactOf(file, run.inputs.version || run.headSha.slice(0, 7))].flatMap((name) => name ?? []);
}

/** The same builds as one GitLab pipeline: a variable says which. */
export const gitlabConfiguration = gitlabYaml();

function gitlabYaml(): string {
  const names = ['version', 'branch', 'rc_tag', 'release_tag', 'SIGNALBOX_CORRELATION_ID'];
  return [
    'variables:',
    `  build: { description: Which build, value: "", options: ["", ${files.map(({ file }) => file).join(', ')}] }`,
    ...names.map((name) => `  ${name}: { description: Of the release, value: "" }`),
    'workflow:',
    '  name: $build $version [$SIGNALBOX_CORRELATION_ID]',
    'build:',
    '  script: [./build.sh "$build" "$version"]',
    '  artifacts: { paths: [outputs/] }',
    '',
  ].join('\n');
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
