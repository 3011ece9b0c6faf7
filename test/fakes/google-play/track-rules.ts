import { invalid } from './answers.ts';

export interface FakeRelease {
  name?: string;
  versionCodes?: string[];
  status: string;
  userFraction?: number;
  releaseNotes?: { language: string; text: string }[];
  inAppUpdatePriority?: number;
  countryTargeting?: { countries: string[]; includeRestOfWorld: boolean };
}

const STATUSES = ['draft', 'inProgress', 'halted', 'completed'];
const MAX_NOTES_CHARS = 500;
const FIELDS = ['name', 'versionCodes', 'status', 'userFraction', 'releaseNotes', 'inAppUpdatePriority', 'countryTargeting'];

/** Whose track it is. */
interface TrackOwner {
  languages: readonly { language: string }[];
}

/** What Google refuses of a track that is written. */
export function checkTrack(app: TrackOwner, bundleCodes: readonly number[], releases: readonly FakeRelease[]): void {
  for (const release of releases) checkRelease(app, bundleCodes, release);
  if (releases.filter(({ status }) => status === 'inProgress' || status === 'halted').length > 1) {
    throw invalid('Only one release of a track may be in progress or halted.');
  }
  const completed = releases.filter(({ status }) => status === 'completed');
  if (completed.length > 1) throw invalid(`Release ${completed[1]?.name} is fully shadowed by ${completed[0]?.name}.`);
}

function checkRelease(app: TrackOwner, bundleCodes: readonly number[], release: FakeRelease): void {
  const { name, status, userFraction, versionCodes = [], releaseNotes = [], inAppUpdatePriority: priority = 0 } = release;
  const unknown = Object.keys(release).filter((field) => !FIELDS.includes(field));
  if (unknown.length > 0) throw invalid(`Invalid JSON payload received. Unknown name "${unknown[0]}" at 'releases[0]': Cannot find field.`);
  if (!STATUSES.includes(status)) throw invalid(`Release ${name} has the invalid status ${status}.`);
  const isFractional = status === 'inProgress' || status === 'halted';
  if (userFraction === undefined ? status === 'inProgress' : !isFractional || !(userFraction > 0 && userFraction < 1)) {
    throw invalid(`Invalid user fraction ${userFraction} for a release that is ${status}.`);
  }
  if (status !== 'draft' && versionCodes.length === 0) throw invalid('A release that is rolled out must have version codes.');
  for (const code of versionCodes) {
    if (!bundleCodes.includes(Number(code))) throw invalid(`Version code ${code} could not be found in this app.`);
  }
  for (const { language, text } of releaseNotes) {
    if (!app.languages.some((listing) => listing.language === language))
      throw invalid(`Release notes in ${language}, which the app does not have.`);
    if (text.length > MAX_NOTES_CHARS) throw invalid(`Release notes in ${language} are too long (max ${MAX_NOTES_CHARS}).`);
  }
  if (!Number.isInteger(priority) || priority < 0 || priority > 5) throw invalid(`Invalid in-app update priority ${priority}.`);
  if (release.countryTargeting !== undefined && !isFractional) throw invalid('Country targeting is for releases in progress.');
}
