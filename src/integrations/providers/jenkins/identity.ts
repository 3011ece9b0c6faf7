import { z } from 'zod';
import type { Connection } from '../../kit/define-provider.ts';
import { secretField } from '../../kit/secret-field.ts';

/** The provider's id, its credential form and what is not secret. */

export const PROVIDER = 'jenkins';

/** RFC 9110 `token`. */
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
/** Headers that belong to the transport. */
const ofTransport = /^(host|connection|content-length|content-type|expect|transfer-encoding|upgrade)$/i;

export const credentialsSchema = z.union([
  z
    .strictObject({
      user: z
        .string()
        .trim()
        .min(1)
        .max(255)
        .regex(/^[^:]*$/, 'a user id has no colon')
        .meta({ title: 'User', description: 'Id of the Jenkins user the API token belongs to' }),
      apiToken: secretField('API token of that user (User > Security > API Token); not the password'),
    })
    .meta({ title: 'User and API token' }),
  z
    .strictObject({
      kind: z.literal('header').meta({ description: 'A proxy or single sign-on in front of Jenkins expects a header' }),
      name: z
        .string()
        .trim()
        .regex(headerName, 'not the name of a header')
        .refine((name) => !ofTransport.test(name), 'a header of the transport')
        .meta({ title: 'Header', description: 'Name of the header, e.g. Authorization' }),
      value: secretField('Value of the header, e.g. Bearer and a token'),
    })
    .meta({ title: 'Header' }),
]);
export type JenkinsCredentials = z.output<typeof credentialsSchema>;

/** Names of items between slashes, as `fullName` writes them: branch jobs hold `%2F` in place of a slash. */
const jobPath = z
  .string()
  .trim()
  .max(400)
  .regex(/^[^/]+(\/[^/]+)*$/, 'names separated by single slashes, without one at the ends')
  .refine(
    (path) => path.split('/').every((name) => name !== '.' && name !== '..' && name !== 'job'),
    "names of folders, without 'job' between them",
  );

export const settingsSchema = z.object({
  folder: jobPath.optional().meta({
    title: 'Folder',
    description: 'Folder that holds the jobs, e.g. mobile/android; all of Jenkins when empty. Jobs elsewhere cannot be used.',
  }),
  refParameter: z
    .string()
    .trim()
    .min(1)
    .max(255)
    .default('BRANCH')
    .meta({ title: 'Ref parameter', description: 'Job parameter that takes the branch or tag to build. Multibranch pipelines need none.' }),
  repositoryUrl: z.string().trim().min(1).max(1024).optional().meta({
    title: 'Repository',
    description: 'Remote whose commit counts when a build checks out several repositories, e.g. a shared library besides the app',
  }),
});
export type JenkinsSettings = z.output<typeof settingsSchema>;

export type JenkinsConnection = Connection<JenkinsCredentials, JenkinsSettings>;
