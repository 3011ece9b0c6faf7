import { z } from 'zod';

/** What we read of Apple's JSON:API. It sends `null` where its description says string, and includes types that are not listed there. */

const id = z.string().min(1);
const text = z.string().nullish();
const toOne = z.object({ data: z.object({ id }).nullish() }).nullish();

const included = z.array(z.object({ type: z.string(), id, attributes: z.unknown() })).nullish();
export type Included = z.infer<typeof included>;

const pageOf = <T extends z.ZodType>(resource: T) =>
  z.object({ data: z.array(resource), included, links: z.object({ next: text }).nullish() });
const single = <T extends z.ZodType>(resource: T) => z.object({ data: resource });

const app = z.object({
  id,
  attributes: z.object({ bundleId: text, name: text, primaryLocale: text }),
});
export const appPage = pageOf(app);
export type AppResource = z.infer<typeof app>;

const build = z.object({
  id,
  attributes: z.object({
    version: z.string(),
    uploadedDate: text,
    expired: z.boolean().nullish(),
    processingState: text,
    buildAudienceType: text,
  }),
});
export const buildPage = pageOf(build);
export type BuildResource = z.infer<typeof build>;

const version = z.object({
  id,
  attributes: z.object({
    versionString: text,
    appVersionState: text,
    /** Deprecated; all there is before version 3.3 of the API. */
    appStoreState: text,
    releaseType: text,
    createdDate: text,
  }),
  relationships: z.object({ build: toOne, appStoreVersionPhasedRelease: toOne }).nullish(),
});
export const versionPage = pageOf(version);
export type VersionResource = z.infer<typeof version>;

/** As it is included with a version. */
export const includedBuild = z.object({ version: z.string() });
export const includedPhasedRelease = z.object({
  phasedReleaseState: text,
  currentDayNumber: z.number().nullish(),
  /** Days. */
  totalPauseDuration: z.number().nullish(),
});

const localization = z.object({ id, attributes: z.object({ locale: z.string(), whatsNew: text }) });
export const localizationPage = pageOf(localization);
export type LocalizationResource = z.infer<typeof localization>;

const submission = z.object({ id, attributes: z.object({ state: text }) });
export const submissionPage = pageOf(submission);
export const singleSubmission = single(submission);

const item = z.object({
  id,
  attributes: z.object({ state: text }),
  relationships: z.object({ appStoreVersion: toOne }).nullish(),
});
export const itemPage = pageOf(item);

const oneError = z.object({ code: z.string(), title: text, detail: text });
export const errorBody = z.object({
  errors: z.array(
    oneError.extend({
      meta: z
        .object({ associatedErrors: z.record(z.string(), z.array(oneError)).nullish().catch(null) })
        .nullish()
        .catch(null),
    }),
  ),
});
