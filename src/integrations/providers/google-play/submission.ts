import type { StoreRelease, Submission } from '../../capabilities/app-store.ts';
import type { PlayClient } from './client.ts';
import { inEdit, type OpenEdit } from './edits.ts';
import { readLocales } from './listing.ts';
import { needsPersonToSend, playTrouble } from './play-error.ts';
import type { Track, TrackRelease } from './schema.ts';
import { asWritten, impossible, wordsOf } from './step.ts';
import { hasBundle, lookInEdit, show } from './store-release.ts';
import { hasLater, releasesOfVersion, sentOut, withSubmitted } from './track.ts';

/*
 * Submitting is one edit: it looks, writes our release to the track beside those that are there, and commits, which sends it to review. Dying
 * before the commit leaves nothing; after it, the next look finds our release under review.
 */

const SEND_BY_HAND =
  'after a rejection Google takes changes only from a person: press "Send for review" in Publishing overview of Play Console, then retry';

/** What there is of the version on the track. */
interface Situation {
  track: Track;
  /** With the wanted build, and how the store shows it. */
  own: TrackRelease | null;
  shown: StoreRelease | null;
  /** What the new release stands in for; null: ours is on its way, and nothing is to be written. */
  former: TrackRelease[] | null;
  /** Google keeps it for a person to send to review. */
  isKept: boolean;
}

export async function ensureSubmitted(client: PlayClient, submission: Submission, maxNotesChars: number): Promise<StoreRelease> {
  checkValues(submission, maxNotesChars);
  const { appId } = submission.app;
  const { own, shown } = await inEdit(client, appId, async (edit) => {
    const { track, own, shown, former, isKept } = await situationOf(client, edit.id, submission);
    if (own !== null && former === null) return { own, shown };
    await checkBuildAndLocales(client, edit.id, submission);
    const release = releaseOf(submission, own);
    const updated = await client.updateTrack(appId, edit.id, withSubmitted(track, release, former ?? []));
    const written = asWritten(updated, release);
    await send(edit, submission, isKept);
    return { own: written, shown: null };
  });
  return shown ?? show(client, submission, own);
}

/** Throws `conflict` where something of this version, or a later one, is in the way. */
async function situationOf(client: PlayClient, edit: string, submission: Submission): Promise<Situation> {
  const { appId, track: name } = submission.app;
  const { track, own, shown } = await lookInEdit(client, edit, submission);
  if (track === null) throw playTrouble('not-found', `the app ${appId} has no track ${name}`);
  const kind = shown?.state.kind ?? 'absent';
  if (shown !== null && (kind === 'unknown' || kind === 'superseded')) throw impossible(submission, 'submit', wordsOf(shown.state));
  const isOpen = kind === 'absent' || kind === 'draft' || kind === 'rejected';
  if (!isOpen) return { track, own, shown, former: null, isKept: false };
  if (own !== null && hasLater(track, submission.buildNumber)) throw impossible(submission, 'submit', wordsOf({ kind: 'superseded' }));
  const others = await othersOf(client, track, submission);
  return { track, own, shown, former: own === null ? others : [own, ...others], isKept: kind === 'draft' && own?.status !== 'draft' };
}

/** Releases of this version with another build: ones that review has rejected, or that were never sent, make room. */
async function othersOf(client: PlayClient, track: Track, submission: Submission): Promise<TrackRelease[]> {
  const { version, buildNumber } = submission;
  const others = releasesOfVersion(track.releases, version).filter(({ versionCodes = [] }) => !versionCodes.includes(buildNumber));
  for (const other of others) {
    const { state, buildNumbers } = await show(client, submission, other);
    if (state.kind === 'draft' || state.kind === 'rejected') continue;
    throw impossible(submission, 'submit', `of its build ${buildNumbers.join(', ')}, another one, it is known that ${wordsOf(state)}`);
  }
  return others;
}

/** What a person wrote stays where we have nothing to say: countries, notes in other languages. */
function releaseOf({ version, buildNumber, notes, gradually, updatePriority }: Submission, former: TrackRelease | null): TrackRelease {
  const ours = Object.entries(notes).map(([language, text]) => ({ language, text }));
  const others = (former?.releaseNotes ?? []).filter(({ language }) => !Object.hasOwn(notes, language));
  const releaseNotes = [...ours, ...others];
  const release: TrackRelease = {
    ...former,
    name: version,
    versionCodes: former?.versionCodes ?? [buildNumber],
    ...(releaseNotes.length === 0 ? {} : { releaseNotes }),
    ...(updatePriority === null ? {} : { inAppUpdatePriority: updatePriority }),
  };
  return sentOut(release, gradually?.fraction ?? null);
}

/** @param isKept Google has it, and waits for a person already */
async function send(edit: OpenEdit, submission: Submission, isKept: boolean): Promise<void> {
  try {
    await edit.commit();
  } catch (error) {
    if (!needsPersonToSend(error)) throw error;
    // Not a repetition: the first commit was refused for lack of this very parameter, and left the edit as it was.
    if (!isKept) await edit.commit({ isNotSent: true });
    throw impossible(submission, 'submit', SEND_BY_HAND);
  }
}

function checkValues({ notes, gradually, updatePriority }: Submission, maxNotesChars: number): void {
  for (const [locale, text] of Object.entries(notes)) {
    if ([...text].length > maxNotesChars)
      throw playTrouble('invalid', `the notes in ${locale} are longer than ${maxNotesChars} characters`);
  }
  if (gradually !== null && !(gradually.fraction > 0 && gradually.fraction < 1)) {
    throw playTrouble(
      'invalid',
      `a rollout begins with more than 0 and less than all of the users, not with ${gradually.fraction} of them`,
    );
  }
  if (updatePriority !== null && !(Number.isInteger(updatePriority) && updatePriority >= 0 && updatePriority <= 5)) {
    throw playTrouble('invalid', `the priority of an update is a whole number from 0 to 5, not ${updatePriority}`);
  }
}

async function checkBuildAndLocales(client: PlayClient, edit: string, { app, buildNumber, notes }: Submission): Promise<void> {
  if (!(await hasBundle(client, edit, app.appId, buildNumber))) {
    throw playTrouble('not-found', `the app ${app.appId} has no bundle with the version code ${buildNumber}`);
  }
  if (Object.keys(notes).length === 0) return;
  const { locales } = await readLocales(client, edit, app.appId);
  const unknown = Object.keys(notes).filter((locale) => !locales.includes(locale));
  if (unknown.length > 0) {
    throw playTrouble('invalid', `the app ${app.appId} has no store listing in ${unknown.join(', ')}; it has ${locales.join(', ')}`);
  }
}
