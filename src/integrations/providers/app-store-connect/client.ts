import { z } from 'zod';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import type { JsonHttp } from '../../kit/http.ts';
import type { AscConnection } from './identity.ts';
import { eachPage, everyPage, PAGE_SIZE } from './pages.ts';
import { appPage, buildPage, itemPage, localizationPage, singleSubmission, submissionPage, versionPage } from './schema.ts';
import { ascTransport } from './transport.ts';

/** Every URL of App Store Connect we call; one instance per connection and attempt. */

export type AscClient = ReturnType<typeof ascClient>;

const PLATFORM = 'IOS';
/** Submissions that are not over. */
const OPEN_SUBMISSIONS = 'READY_FOR_REVIEW,WAITING_FOR_REVIEW,IN_REVIEW,UNRESOLVED_ISSUES,CANCELING,COMPLETING';

const part = encodeURIComponent;
const anything = z.unknown();
const reference = (type: string, id: string) => ({ data: { type, id } });

export function ascClient(connection: AscConnection, deps: AdapterDeps) {
  const http = ascTransport(connection, deps);
  return { ...appCalls(http), ...versionCalls(http), ...rolloutCalls(http), ...reviewCalls(http) };
}

function appCalls(http: JsonHttp) {
  const apps = (query: Record<string, string>) => (cursor: string | undefined) =>
    http.request({
      operation: 'read apps',
      method: 'GET',
      path: '/v1/apps',
      query: { ...query, limit: PAGE_SIZE, cursor },
      schema: appPage,
    });
  return {
    /** Apps whose bundle id is, or begins with, this one. */
    appsLike: (bundleId: string) => everyPage(apps({ 'filter[bundleId]': bundleId })),
    eachPageOfApps: () => eachPage(apps({ 'filter[appStoreVersions.platform]': PLATFORM, sort: 'bundleId' })),
    /** For its headers, too. */
    firstApp: () => http.send({ operation: 'read apps', method: 'GET', path: '/v1/apps', query: { limit: 1 } }),

    /** Newest first; of one version a page holds them all. */
    builds: ({ appId, version, buildNumber }: { appId: string; version: string; buildNumber: string | null }) =>
      http.request({
        operation: `read builds of ${version}`,
        method: 'GET',
        path: '/v1/builds',
        query: {
          'filter[app]': appId,
          'filter[preReleaseVersion.platform]': PLATFORM,
          'filter[preReleaseVersion.version]': version,
          'filter[version]': buildNumber ?? undefined,
          sort: '-uploadedDate',
          limit: PAGE_SIZE,
        },
        schema: buildPage,
      }),
  };
}

function versionCalls(http: JsonHttp) {
  return {
    eachPageOfVersions: (appId: string, versionString: string | null) =>
      eachPage((cursor) =>
        http.request({
          operation: versionString === null ? 'read versions' : `read version ${versionString}`,
          method: 'GET',
          path: `/v1/apps/${part(appId)}/appStoreVersions`,
          query: {
            'filter[platform]': PLATFORM,
            'filter[versionString]': versionString ?? undefined,
            include: 'build,appStoreVersionPhasedRelease',
            limit: PAGE_SIZE,
            cursor,
          },
          schema: versionPage,
        }),
      ),
    createVersion: (appId: string, versionString: string) =>
      http.request({
        operation: `create version ${versionString}`,
        method: 'POST',
        path: '/v1/appStoreVersions',
        body: {
          data: {
            type: 'appStoreVersions',
            attributes: { platform: PLATFORM, versionString, releaseType: 'MANUAL' },
            relationships: { app: reference('apps', appId) },
          },
        },
        schema: anything,
      }),
    /** Released by nobody but `releaseVersion`. */
    releaseByHand: (id: string) =>
      http.request({
        operation: 'set the version to be released by hand',
        method: 'PATCH',
        path: `/v1/appStoreVersions/${part(id)}`,
        body: { data: { type: 'appStoreVersions', id, attributes: { releaseType: 'MANUAL', earliestReleaseDate: null } } },
        schema: anything,
      }),
    attachBuild: (id: string, buildId: string) =>
      http.request({
        operation: 'attach the build',
        method: 'PATCH',
        path: `/v1/appStoreVersions/${part(id)}/relationships/build`,
        body: reference('builds', buildId),
        schema: anything,
      }),
    localizations: (versionId: string) =>
      everyPage((cursor) =>
        http.request({
          operation: 'read locales of the version',
          method: 'GET',
          path: `/v1/appStoreVersions/${part(versionId)}/appStoreVersionLocalizations`,
          query: { limit: PAGE_SIZE, cursor },
          schema: localizationPage,
        }),
      ),
    setWhatsNew: ({ id, locale }: { id: string; locale: string }, whatsNew: string) =>
      http.request({
        operation: `write what is new in ${locale}`,
        method: 'PATCH',
        path: `/v1/appStoreVersionLocalizations/${part(id)}`,
        body: { data: { type: 'appStoreVersionLocalizations', id, attributes: { whatsNew } } },
        schema: anything,
      }),
  };
}

function rolloutCalls(http: JsonHttp) {
  return {
    releaseVersion: (id: string) =>
      http.request({
        operation: 'release the version',
        method: 'POST',
        path: '/v1/appStoreVersionReleaseRequests',
        body: { data: { type: 'appStoreVersionReleaseRequests', relationships: { appStoreVersion: reference('appStoreVersions', id) } } },
        schema: anything,
      }),
    planPhasedRelease: (versionId: string) =>
      http.request({
        operation: 'plan the phased release',
        method: 'POST',
        path: '/v1/appStoreVersionPhasedReleases',
        body: {
          data: {
            type: 'appStoreVersionPhasedReleases',
            attributes: { phasedReleaseState: 'INACTIVE' },
            relationships: { appStoreVersion: reference('appStoreVersions', versionId) },
          },
        },
        schema: anything,
      }),
    setPhasedRelease: (id: string, phasedReleaseState: 'ACTIVE' | 'PAUSED' | 'COMPLETE') =>
      http.request({
        operation: `set the phased release to ${phasedReleaseState}`,
        method: 'PATCH',
        path: `/v1/appStoreVersionPhasedReleases/${part(id)}`,
        body: { data: { type: 'appStoreVersionPhasedReleases', id, attributes: { phasedReleaseState } } },
        schema: anything,
      }),
    /** One that is gone is success. */
    dropPhasedRelease: (id: string) =>
      http.find({
        operation: 'drop the phased release',
        method: 'DELETE',
        path: `/v1/appStoreVersionPhasedReleases/${part(id)}`,
        schema: anything,
      }),
  };
}

function reviewCalls(http: JsonHttp) {
  const change = (operation: string, id: string, attributes: { submitted: true } | { canceled: true }) =>
    http.request({
      operation,
      method: 'PATCH',
      path: `/v1/reviewSubmissions/${part(id)}`,
      body: { data: { type: 'reviewSubmissions', id, attributes } },
      schema: anything,
    });
  return {
    openSubmissions: (appId: string) =>
      everyPage((cursor) =>
        http.request({
          operation: 'read review submissions',
          method: 'GET',
          path: '/v1/reviewSubmissions',
          query: { 'filter[app]': appId, 'filter[platform]': PLATFORM, 'filter[state]': OPEN_SUBMISSIONS, limit: PAGE_SIZE, cursor },
          schema: submissionPage,
        }),
      ),
    items: (submissionId: string) =>
      everyPage((cursor) =>
        http.request({
          operation: 'read items of the review submission',
          method: 'GET',
          path: `/v1/reviewSubmissions/${part(submissionId)}/items`,
          query: { include: 'appStoreVersion', limit: PAGE_SIZE, cursor },
          schema: itemPage,
        }),
      ),
    createSubmission: (appId: string) =>
      http.request({
        operation: 'create the review submission',
        method: 'POST',
        path: '/v1/reviewSubmissions',
        body: {
          data: { type: 'reviewSubmissions', attributes: { platform: PLATFORM }, relationships: { app: reference('apps', appId) } },
        },
        schema: singleSubmission,
      }),
    addVersion: (submissionId: string, versionId: string) =>
      http.request({
        operation: 'add the version to the review submission',
        method: 'POST',
        path: '/v1/reviewSubmissionItems',
        body: {
          data: {
            type: 'reviewSubmissionItems',
            relationships: {
              reviewSubmission: reference('reviewSubmissions', submissionId),
              appStoreVersion: reference('appStoreVersions', versionId),
            },
          },
        },
        schema: anything,
      }),
    resolveItem: (id: string) =>
      http.request({
        operation: 'mark the rejected version as corrected',
        method: 'PATCH',
        path: `/v1/reviewSubmissionItems/${part(id)}`,
        body: { data: { type: 'reviewSubmissionItems', id, attributes: { resolved: true } } },
        schema: anything,
      }),
    submit: (id: string) => change('submit for review', id, { submitted: true }),
    cancel: (id: string) => change('take back from review', id, { canceled: true }),
  };
}
