import { issueTrackerContract } from './issue-tracker.contract.ts';
import { mondayHarness } from './monday-harness.ts';

issueTrackerContract('monday', mondayHarness, {
  skip: [
    {
      reason: 'monday answers the same request at the same instant with 409 and asks to come back; whoever does gets the one ticket',
      tests: ['ten concurrent ensures create one ticket'],
    },
    {
      reason: 'links are updates, and an update is what its author wrote: the link of somebody else is not doubled, and keeps its words',
      tests: ['a link that people attached is not doubled, and gets the title'],
    },
  ],
});
