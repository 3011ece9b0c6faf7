import { ciContract } from './ci.contract.ts';
import { jenkinsWebhookHarness, jobsHarness, multibranchHarness } from './jenkins-harness.ts';
import { webhookSourceContract } from './webhook-source.contract.ts';

ciContract('jenkins multibranch', multibranchHarness);
ciContract('jenkins jobs', jobsHarness, {
  skip: [
    {
      reason: 'a job takes the ref as the text of a parameter: only its own checkout finds out that there is no such ref',
      tests: [
        'the inputs of an unknown workflow, and those on an unknown ref, are null',
        'a dispatch on a ref that does not exist is refused and starts nothing',
      ],
    },
  ],
});
webhookSourceContract('jenkins', jenkinsWebhookHarness);
