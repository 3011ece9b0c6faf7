import type { UploadFile } from '../../capabilities/store-upload.ts';
import type { AdapterDeps } from '../../kit/define-provider.ts';
import { type GuardedFetch, type JsonHttp, jsonHttp } from '../../kit/http.ts';
import { authorise } from './auth.ts';
import { type GooglePlayConnection, PROVIDER, packageNamePattern } from './identity.ts';
import { describeRefusal, kindOfRefusal, playTrouble } from './play-error.ts';
import * as schema from './schema.ts';

const API = '/androidpublisher/v3/applications';
/** "A timeout of 2 minutes is recommended" (edits.bundles.upload): Google reads the whole bundle before it answers. */
const UPLOAD_ANSWER_MS = 300_000;

export type PlayClient = ReturnType<typeof playClient>;

/** What to do about changes of the app that are under review already. */
export interface Commit {
  /** Otherwise a commit is refused while anything is. */
  cancelsReview?: boolean;
  /** Kept for a person to send to review in the console. */
  isNotSent?: boolean;
}

/** Every URL of Google Play that we call. Throws `ProviderError`, or the attempt's abort reason as it is. */
export function playClient(connection: GooglePlayConnection, deps: AdapterDeps) {
  const { account, secrets, signed, signIn } = authorise(connection, deps);
  const over = (fetch: GuardedFetch) =>
    jsonHttp({
      ...{ provider: PROVIDER, baseUrl: connection.baseUrl, fetch: signed(fetch), now: deps.now, headers: () => ({}), secrets },
      ...{ kindOf: kindOfRefusal, describeError: describeRefusal },
    });
  const http = over(deps.fetch);
  return { account, signIn, ...editCalls(http), ...trackCalls(http), ...bundleCalls(http, (file) => over(uploading(deps, file))) };
}

function editCalls(http: JsonHttp) {
  const insert = (app: string) =>
    ({ operation: `open an edit of ${app}`, method: 'POST', path: edits(app), body: {}, schema: schema.editSchema }) as const;
  return {
    openEdit: async (app: string) => (await http.request(insert(app))).id,
    /** Null where there is no such app. */
    findEdit: async (app: string) => (await http.find(insert(app)))?.id ?? null,
    deleteEdit: (app: string, edit: string) =>
      http.request({ operation: 'delete the edit', method: 'DELETE', path: editPath(app, edit), schema: schema.nothingSchema }),
    commitEdit: (app: string, edit: string, { cancelsReview = false, isNotSent = false }: Commit) =>
      http.request({
        operation: `commit the edit of ${app}`,
        method: 'POST',
        path: `${editPath(app, edit)}:commit`,
        query: {
          changesInReviewBehavior: cancelsReview ? 'CANCEL_IN_REVIEW_AND_SUBMIT' : 'ERROR_IF_IN_REVIEW',
          // Google refuses even `false` where it does not want it.
          changesNotSentForReview: isNotSent || undefined,
        },
        schema: schema.editSchema,
      }),
    listings: async (app: string, edit: string) =>
      (await http.request(read('list the store listings', `${editPath(app, edit)}/listings`, schema.listingsSchema))).listings,
    details: (app: string, edit: string) =>
      http.request(read('read the details of the app', `${editPath(app, edit)}/details`, schema.detailsSchema)),
  };
}

function trackCalls(http: JsonHttp) {
  const trackPath = (app: string, edit: string, track: string) => `${editPath(app, edit)}/tracks/${segment(track)}`;
  return {
    tracks: async (app: string, edit: string) =>
      (await http.request(read('list the tracks', `${editPath(app, edit)}/tracks`, schema.tracksSchema))).tracks,
    /** Null where there is no such track. */
    findTrack: (app: string, edit: string, track: string) =>
      http.find(read(`read the track ${track}`, trackPath(app, edit, track), schema.trackSchema)),
    updateTrack: (app: string, edit: string, body: schema.Track) =>
      http.request({
        operation: `update the track ${body.track}`,
        method: 'PUT',
        path: trackPath(app, edit, body.track),
        body,
        schema: schema.trackSchema,
      }),
    /** What review says of the releases of a track; needs no edit. */
    summaries: async (app: string, track: string) =>
      (
        await http.request(
          read(`read the reviews of the track ${track}`, `${appPath(app)}/tracks/${segment(track)}/releases`, schema.summariesSchema),
        )
      ).releases,
  };
}

function bundleCalls(http: JsonHttp, sending: (file: UploadFile) => JsonHttp) {
  return {
    bundles: async (app: string, edit: string) =>
      (await http.request(read('list the bundles', `${editPath(app, edit)}/bundles`, schema.bundlesSchema))).bundles,
    uploadBundle: (app: string, edit: string, file: UploadFile) =>
      sending(file).request({
        operation: `upload ${file.name}`,
        method: 'POST',
        path: `/upload${editPath(app, edit)}/bundles`,
        query: { uploadType: 'media' },
        schema: schema.bundleSchema,
      }),
  };
}

/** The one call of a client that has the file as its body. */
function uploading(deps: AdapterDeps, { name, sizeBytes, open }: UploadFile): GuardedFetch {
  return (input, init) =>
    deps.upload(String(input), {
      operation: `upload ${name}`,
      headers: { ...Object.fromEntries(new Headers(init?.headers)), 'content-type': 'application/octet-stream' },
      answerMs: UPLOAD_ANSWER_MS,
      sizeBytes,
      open,
    });
}

const read = <T>(operation: string, path: string, answer: T) => ({ operation, method: 'GET', path, schema: answer }) as const;

/** Anything else might leave the path. */
function segment(value: string): string {
  if (/^\.*$/.test(value)) throw playTrouble('invalid', `"${value}" is not a name`);
  return encodeURIComponent(value);
}

function appPath(app: string): string {
  if (!packageNamePattern.test(app)) throw playTrouble('invalid', `"${app}" is not a package name`);
  return `${API}/${app}`;
}

const edits = (app: string) => `${appPath(app)}/edits`;
const editPath = (app: string, edit: string) => `${edits(app)}/${segment(edit)}`;
