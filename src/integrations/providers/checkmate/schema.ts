import { z } from 'zod';

/**
 * Only the fields we read, as the server sends them (github.com/dream-horizon-org/checkmate). Its OpenAPI document names several of them
 * otherwise; where it does, both names are read, so that a server brought in line with its document keeps working.
 */

const count = z.number().int().nonnegative();
const counted = z.array(z.object({ count })).min(1);

/** Every answer is wrapped; `data` is null or absent where there is nothing. */
function envelope<T extends z.ZodType>(data: T) {
  return z.object({ data: data.nullish() });
}

export const run = z.object({ runId: z.number().int(), runName: z.string(), projectId: z.number().int(), status: z.string().nullish() });
export type Run = z.infer<typeof run>;

export const runDetail = envelope(run);

export const runPage = z.object({
  data: z.union([
    z
      .object({ runsData: z.object({ runsData: z.array(run), runsCount: counted }) })
      .transform(({ runsData }) => ({ runs: runsData.runsData, total: runsData.runsCount[0]?.count ?? 0 })),
    z.object({ runs: z.array(run), totalCount: count }).transform(({ runs, totalCount }) => ({ runs, total: totalCount })),
  ]),
});

export const createdRun = z.object({ data: z.object({ runId: z.number().int() }) });

/** An unknown run is told by words in `status`, with 200. */
export const stateDetail = envelope(
  z.union([
    z.object({
      total: count,
      passed: count.default(0),
      failed: count.default(0),
      blocked: count.default(0),
      skipped: count.default(0),
      archived: count.default(0),
      /** Sent in lower case by the server, in camel case by the document. */
      inprogress: count.optional(),
      inProgress: count.optional(),
    }),
    z.object({ status: z.string() }),
  ]),
);

const listedTest = z
  .object({ testId: z.number().int(), testStatus: z.string().nullish(), status: z.string().nullish() })
  .transform(({ testId, testStatus, status }) => ({ testId, status: testStatus ?? status ?? 'unknown' }));

export const testPage = z.object({
  data: z.union([
    z
      .object({ testsList: z.array(listedTest), totalCount: count })
      .transform(({ testsList, totalCount }) => ({ tests: testsList, total: totalCount })),
    z.object({ tests: z.array(listedTest), totalCount: count }).transform(({ tests, totalCount }) => ({ tests, total: totalCount })),
  ]),
});

export const updated = z.object({ data: z.object({ failed: z.object({ count: count.optional() }).nullish() }).nullish() });

export const user = z.object({
  data: z.object({ userName: z.string(), role: z.string().nullish(), userType: z.string().nullish() }),
});

export const organisations = z.object({ data: z.array(z.object({ orgId: z.number().int() })) });

const listedProject = z.object({ projectId: z.number().int(), projectName: z.string() });

export const projects = z.object({
  data: z.union([
    z.object({ projectsList: z.array(listedProject) }).transform(({ projectsList }) => projectsList),
    z.object({ projects: z.array(listedProject) }).transform(({ projects: list }) => list),
  ]),
});

const projectDetail = z.object({ projectId: z.number().int(), orgId: z.number().int(), status: z.string().nullish() });

/** A list of one; of none where there is no such project. The document says the project itself. */
export const project = envelope(z.union([z.array(projectDetail).transform(([found]) => found ?? null), projectDetail]));

const section = z.object({ sectionId: z.number().int(), sectionName: z.string(), parentId: z.number().int().nullish() });
export type Section = z.infer<typeof section>;
export const sections = z.object({ data: z.array(section) });

const label = z.object({ labelId: z.number().int(), labelName: z.string() });
export const labels = z.object({ data: z.array(label.transform(({ labelId: id, labelName: name }) => ({ id, name }))) });

const squad = z.object({ squadId: z.number().int(), squadName: z.string() });
export const squads = z.object({ data: z.array(squad.transform(({ squadId: id, squadName: name }) => ({ id, name }))) });

const platform = z.object({ platformId: z.number().int(), platformName: z.string() });
export const platforms = z.object({ data: z.array(platform.transform(({ platformId: id, platformName: name }) => ({ id, name }))) });

/** A refusal to lock comes with 200: in `error`, or as `success: false` with the reason in `message`. */
export const locked = z.object({
  data: z.object({ success: z.boolean().nullish(), message: z.string().nullish() }).nullish(),
  error: z.string().nullish(),
});

export const errorBody = z.object({ error: z.string() });
