import type { FakeAnswer, FakeRequest, FakeServer } from '../fake-server.ts';
import { bodyOf, filter, notFound, page, passes, refusal, single, wrongState } from './answers.ts';
import { itemBody, submissionBody, versionBody } from './bodies.ts';
import { type AscSubmission, type AscVersion, type AscWorld, EDITABLE, UNDER_REVIEW } from './world.ts';

/** Review submissions: one unsent per app, one under review, and one that was rejected is sent again rather than replaced. */
export function addReviewRoutes(server: Pick<FakeServer, 'route'>, world: AscWorld, maxPageSize: number): void {
  server.route('GET', '/v1/reviewSubmissions', (request) => {
    const [apps, states] = ['app', 'state'].map((name) => filter(request, name));
    if (!apps) return refusal(400, 'PARAMETER_ERROR.REQUIRED', 'The parameter filter[app] is required');
    const all = [...world.submissions.values()].filter(({ app, state }) => passes(apps, app.id) && passes(states ?? null, state));
    return page(request, ['filter[app]', 'filter[platform]', 'filter[state]'], { all, body: submissionBody, maxPageSize });
  });
  server.route('GET', '/v1/reviewSubmissions/:id/items', (request) => {
    const submission = world.submissions.get(request.params.id ?? '');
    if (!submission) return notFound('reviewSubmissions', request.params.id ?? '');
    const included = ({ version }: { version: AscVersion | null }) => (version ? [versionBody(version)] : []);
    return page(request, ['include'], { all: submission.items, body: itemBody, included, maxPageSize });
  });
  server.route('POST', '/v1/reviewSubmissions', (request) => createSubmission(request, world));
  server.route('PATCH', '/v1/reviewSubmissions/:id', (request) => changeSubmission(request, world));
  server.route('POST', '/v1/reviewSubmissionItems', (request) => addItem(request, world));
  server.route('PATCH', '/v1/reviewSubmissionItems/:id', (request) => changeItem(request, world));
}

function createSubmission(request: FakeRequest, world: AscWorld): FakeAnswer {
  const read = bodyOf(request, 'reviewSubmissions', ['platform']);
  if ('refused' in read) return read.refused;
  const app = world.apps.get(read.body.ids.app ?? '');
  if (!app) return notFound('apps', read.body.ids.app ?? '');
  const open = [...world.submissions.values()].find((each) => each.app === app && each.state === 'READY_FOR_REVIEW');
  if (open) return wrongState(`There is another reviewSubmission with id ${open.id} still in progress.`);
  return single(request, submissionBody(world.addSubmission(app)), 201);
}

function addItem(request: FakeRequest, world: AscWorld): FakeAnswer {
  const read = bodyOf(request, 'reviewSubmissionItems', []);
  if ('refused' in read) return read.refused;
  const submission = world.submissions.get(read.body.ids.reviewSubmission ?? '');
  const version = world.versions.get(read.body.ids.appStoreVersion ?? '');
  if (!submission) return notFound('reviewSubmissions', read.body.ids.reviewSubmission ?? '');
  if (!version) return notFound('appStoreVersions', read.body.ids.appStoreVersion ?? '');
  if (submission.state !== 'READY_FOR_REVIEW') return wrongState('Items cannot be added to the submission in its current state.');
  const holder = world.openSubmissionOf(version);
  if (holder) {
    return refusal(409, 'STATE_ERROR.ITEM_PART_OF_ANOTHER_SUBMISSION', 'The item is part of another submission.', {
      detail: `appStoreVersions with id ${version.id} was already added to another reviewSubmission with id ${holder.id}`,
    });
  }
  const refused = notReviewable(world, version);
  if (refused) return refused;
  const item = world.addItem(submission, version);
  world.soon(world.late.adding, () => {
    version.state = 'READY_FOR_REVIEW';
  });
  return single(request, itemBody(item), 201);
}

/** What is missing is told of each part. */
function notReviewable(world: AscWorld, version: AscVersion): FakeAnswer | null {
  const isUpdate = world.versionsOf(version.app).length > 1;
  const missing = [
    ...(version.build ? [] : [[`/v1/appStoreVersions/${version.id}`, 'build']]),
    ...version.localizations
      .filter(({ whatsNew }) => isUpdate && !whatsNew)
      .map(({ id }) => [`/v1/appStoreVersionLocalizations/${id}`, 'whatsNew']),
  ];
  if (EDITABLE.includes(version.state) && missing.length === 0) return null;
  const title = 'You must provide a value for this attribute or relationship';
  const associatedErrors = Object.fromEntries(
    missing.map(([path = '', name = '']) => [
      path,
      [
        {
          id: world.newId(),
          status: '409',
          code: 'ENTITY_ERROR.ATTRIBUTE.REQUIRED',
          title,
          detail: `You must provide a value for '${name}'`,
        },
      ],
    ]),
  );
  return refusal(409, 'STATE_ERROR.ENTITY_STATE_INVALID', 'appStoreVersions is not in valid state.', {
    detail: `appStoreVersions with id '${version.id}' is not in valid state. - This resource cannot be reviewed, please check associated errors to see why.`,
    associatedErrors,
  });
}

function changeSubmission(request: FakeRequest, world: AscWorld): FakeAnswer {
  const submission = world.submissions.get(request.params.id ?? '');
  if (!submission) return notFound('reviewSubmissions', request.params.id ?? '');
  const read = bodyOf(request, 'reviewSubmissions', ['platform', 'submitted', 'canceled']);
  if ('refused' in read) return read.refused;
  const { submitted, canceled } = read.body.attributes;
  const refused = submitted === true ? submit(world, submission) : canceled === true ? cancel(world, submission) : null;
  return refused ?? single(request, submissionBody(submission));
}

function submit(world: AscWorld, submission: AscSubmission): FakeAnswer | null {
  const { app, state, items } = submission;
  if (!['READY_FOR_REVIEW', 'UNRESOLVED_ISSUES'].includes(state)) return wrongState('The submission is not ready for review.');
  if (items.length === 0) return wrongState('The submission has no items.');
  if (items.some((item) => item.state === 'REJECTED')) return wrongState('Resolve or remove all rejected items before you resubmit.');
  if (items.some(({ version }) => version?.state === 'PREPARE_FOR_SUBMISSION')) return wrongState('An item is not ready for review.');
  const other = [...world.submissions.values()].find((each) => each.app === app && UNDER_REVIEW.includes(each.state));
  if (other) return wrongState(`There is another reviewSubmission with id ${other.id} still in progress.`);
  submission.state = 'WAITING_FOR_REVIEW';
  submission.submittedAt = world.instant();
  for (const { version } of items) {
    if (!version) continue;
    version.submissions += 1;
    world.soon(world.late.submitting, () => {
      version.state = 'WAITING_FOR_REVIEW';
    });
  }
  return null;
}

function cancel(world: AscWorld, submission: AscSubmission): FakeAnswer | null {
  if (['COMPLETE', 'COMPLETING', 'CANCELING'].includes(submission.state)) {
    return wrongState('The submission cannot be canceled in its current state.');
  }
  world.cancel(submission);
  return null;
}

function changeItem(request: FakeRequest, world: AscWorld): FakeAnswer {
  const id = request.params.id ?? '';
  const submission = [...world.submissions.values()].find(({ items }) => items.some((each) => each.id === id));
  const item = submission?.items.find((each) => each.id === id);
  if (!submission || !item) return notFound('reviewSubmissionItems', id);
  const read = bodyOf(request, 'reviewSubmissionItems', ['resolved', 'removed']);
  if ('refused' in read) return read.refused;
  if (submission.state !== 'UNRESOLVED_ISSUES' || item.state !== 'REJECTED') return wrongState('The item has no issues to resolve.');
  item.state = read.body.attributes.removed === true ? 'REMOVED' : 'READY_FOR_REVIEW';
  if (item.version && item.state === 'READY_FOR_REVIEW') item.version.state = 'READY_FOR_REVIEW';
  return single(request, itemBody(item));
}
