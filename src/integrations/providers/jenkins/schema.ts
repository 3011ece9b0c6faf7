import { z } from 'zod';

/*
 * The fields of Jenkins' remote API that we read, and the `tree` that asks for them. What a permission or a missing plugin hides is absent,
 * not null. `_class` comes unasked.
 */

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const parameterDefinition = z.object({
  name: z.string(),
  type: z.string().nullish(),
  description: z.string().nullish(),
  defaultParameterValue: z.object({ value: scalar.nullish().catch(undefined) }).nullish(),
  choices: z.array(z.string()).nullish().catch(undefined),
});
export type ParameterDefinition = z.output<typeof parameterDefinition>;

export const JOB_TREE =
  'name,fullName,buildable,disabled,jobs[name]{0,1},property[parameterDefinitions[name,type,description,choices,defaultParameterValue[value]]]';
export const jobSchema = z.object({
  _class: z.string().nullish(),
  /** Jobs have it, folders have not. */
  buildable: z.boolean().nullish(),
  disabled: z.boolean().nullish(),
  jobs: z.array(z.unknown()).nullish(),
  property: z.array(z.object({ parameterDefinitions: z.array(parameterDefinition).nullish() })).nullish(),
});
export type Job = z.output<typeof jobSchema>;

export const FOLDER_TREE = 'jobs[name,displayName,buildable,disabled,color,jobs[name]{0,1}]';
export const folderSchema = z.object({
  _class: z.string().nullish(),
  jobs: z
    .array(
      z.object({
        _class: z.string().nullish(),
        name: z.string(),
        displayName: z.string().nullish(),
        buildable: z.boolean().nullish(),
        disabled: z.boolean().nullish(),
        color: z.string().nullish(),
        jobs: z.array(z.unknown()).nullish(),
      }),
    )
    .nullish(),
});
export type FolderEntry = NonNullable<z.output<typeof folderSchema>['jobs']>[number];

/** One object for every kind of action: parameters, causes, what the git plugin checked out. Others are empty objects. */
const action = z.object({
  parameters: z.array(z.object({ name: z.string(), value: scalar.nullish().catch(undefined) })).nullish(),
  causes: z.array(z.object({ _class: z.string().nullish() })).nullish(),
  lastBuiltRevision: z
    .object({ SHA1: z.string(), branch: z.array(z.object({ SHA1: z.string().nullish(), name: z.string() })).nullish() })
    .nullish(),
  remoteUrls: z.array(z.string()).nullish(),
});
export type Action = z.output<typeof action>;
const actions = z.array(action.nullable()).nullish();

const PARAMETERS_AND_CAUSES = 'parameters[name,value],causes[userId]';

export const QUEUE_ITEM_TREE = `id,blocked,buildable,stuck,why,cancelled,inQueueSince,task[url],executable[number],actions[${PARAMETERS_AND_CAUSES}]`;
export const queueItemSchema = z.object({
  id: z.number().int(),
  blocked: z.boolean().nullish(),
  stuck: z.boolean().nullish(),
  why: z.string().nullish(),
  cancelled: z.boolean().nullish(),
  inQueueSince: z.number(),
  task: z.object({ url: z.string().nullish() }).nullish(),
  executable: z.object({ number: z.number().int().nullish() }).nullish(),
  actions,
});
export type QueueItem = z.output<typeof queueItemSchema>;
export const queueSchema = z.object({ items: z.array(queueItemSchema) });

const listedBuild = z.object({ number: z.number().int(), queueId: z.number().int(), timestamp: z.number(), actions });
export type ListedBuild = z.output<typeof listedBuild>;
export const LISTED_BUILD_TREE = `number,queueId,timestamp,actions[${PARAMETERS_AND_CAUSES}]`;
export const buildsSchema = z.object({ allBuilds: z.array(listedBuild) });

export const BUILD_TREE = `number,queueId,timestamp,building,result,actions[${PARAMETERS_AND_CAUSES},lastBuiltRevision[SHA1,branch[SHA1,name]],remoteUrls]`;
export const buildSchema = listedBuild.extend({
  _class: z.string().nullish(),
  building: z.boolean(),
  result: z.string().nullish(),
});
export type Build = z.output<typeof buildSchema>;

export const ARTIFACTS_TREE = 'artifacts[fileName,relativePath]';
export const artifactsSchema = z.object({ artifacts: z.array(z.object({ fileName: z.string(), relativePath: z.string() })) });

export const crumbSchema = z.object({ crumb: z.string().min(1), crumbRequestField: z.string().min(1) });

export const whoAmISchema = z.object({ name: z.string(), anonymous: z.boolean(), authenticated: z.boolean() });

/** Pipeline REST API plugin. */
export const pendingInputsSchema = z.array(z.object({ id: z.string() }));

/** Blue Ocean. */
export const pipelineSchema = z.object({ permissions: z.object({ start: z.boolean().nullish() }).nullish() });

/** Jetty's error as JSON. */
export const errorSchema = z.object({ message: z.string() });
