import type { AscApp, AscBuild, AscPhasedRelease, AscSubmission, AscVersion } from './world.ts';

/** Resources as Apple sends them; `null` where its description says string is its habit. */

const self = (path: string) => ({ self: `https://api.appstoreconnect.apple.com/v1/${path}` });
const toOne = (type: string, target: { id: string } | null) => ({ data: target && { type, id: target.id } });

export const appBody = ({ id, bundleId, name, primaryLocale }: AscApp) => ({
  type: 'apps',
  id,
  attributes: { name, bundleId, sku: bundleId.toUpperCase(), primaryLocale, isOrEverWasMadeForKids: false, contentRightsDeclaration: null },
  links: self(`apps/${id}`),
});

export const buildBody = ({ id, number, uploadedAt, expired, processingState, audience }: AscBuild) => ({
  type: 'builds',
  id,
  attributes: {
    version: number,
    uploadedDate: uploadedAt,
    expirationDate: new Date(Date.parse(uploadedAt) + 90 * 86_400_000).toISOString(),
    expired,
    minOsVersion: '17.0',
    processingState,
    buildAudienceType: audience,
    usesNonExemptEncryption: false,
  },
  links: self(`builds/${id}`),
});

/** The deprecated name of a state. */
const legacy: Readonly<Record<string, string>> = {
  READY_FOR_DISTRIBUTION: 'READY_FOR_SALE',
  PROCESSING_FOR_DISTRIBUTION: 'PROCESSING_FOR_APP_STORE',
};

export const versionBody = ({ id, versionString, state, releaseType, createdAt, build, phased }: AscVersion) => ({
  type: 'appStoreVersions',
  id,
  attributes: {
    platform: 'IOS',
    versionString,
    appStoreState: legacy[state] ?? state,
    appVersionState: state,
    copyright: null,
    reviewType: 'APP_STORE',
    releaseType,
    earliestReleaseDate: null,
    downloadable: true,
    createdDate: createdAt,
  },
  relationships: {
    build: toOne('builds', build),
    appStoreVersionPhasedRelease: toOne('appStoreVersionPhasedReleases', phased),
  },
  links: self(`appStoreVersions/${id}`),
});

export const phasedBody = ({ id, state, day, pausedDays, startedAt }: AscPhasedRelease) => ({
  type: 'appStoreVersionPhasedReleases',
  id,
  attributes: { phasedReleaseState: state, startDate: startedAt, totalPauseDuration: pausedDays, currentDayNumber: day },
  links: self(`appStoreVersionPhasedReleases/${id}`),
});

export const localizationBody = ({ id, locale, whatsNew }: AscVersion['localizations'][number]) => ({
  type: 'appStoreVersionLocalizations',
  id,
  attributes: { locale, whatsNew, description: 'An app.', keywords: null, marketingUrl: null, promotionalText: null, supportUrl: null },
  links: self(`appStoreVersionLocalizations/${id}`),
});

export const submissionBody = ({ id, state, submittedAt }: AscSubmission) => ({
  type: 'reviewSubmissions',
  id,
  attributes: { platform: 'IOS', submittedDate: submittedAt, state },
  links: self(`reviewSubmissions/${id}`),
});

export const itemBody = ({ id, state, version }: AscSubmission['items'][number]) => ({
  type: 'reviewSubmissionItems',
  id,
  attributes: { state },
  relationships: { appStoreVersion: toOne('appStoreVersions', version) },
  links: self(`reviewSubmissionItems/${id}`),
});
