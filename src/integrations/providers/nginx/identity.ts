import { z } from 'zod';
import type { Connection } from '../../kit/define-provider.ts';

/** The provider's id, its forms, and what a route's config is. */

export const PROVIDER = 'nginx';

export const credentialsSchema = z.strictObject({}).meta({ title: 'No sign-in: files and commands of this machine' });

const words = z.array(z.string().min(1).max(400)).min(1).max(20);

export const settingsSchema = z.strictObject({
  directory: z.string().trim().min(1).max(200).default('nginx').meta({
    description: 'Where the files are written that nginx includes (include …/*.conf), below the tenant’s directory of LOCAL_RUNNER_ROOT',
  }),
  testCommand: words
    .default(['nginx', '-t'])
    .meta({ description: 'Checks the whole configuration; exit code 0 = good. Run without a shell.' }),
  reloadCommand: words
    .default(['nginx', '-s', 'reload'])
    .meta({ description: 'Makes nginx read its configuration again. Run without a shell.' }),
});
export type NginxSettings = z.output<typeof settingsSchema>;

export type NginxConnection = Connection<z.output<typeof credentialsSchema>, NginxSettings>;

export const routeSchema = z.strictObject({
  variable: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be lower-case letters, digits and _, beginning with a letter, at most 40')
    .meta({ description: 'Variable that holds the upstream of a request: `proxy_pass http://$<variable>;`. One route has it.' }),
  shareBy: z
    .enum(['request', 'address'])
    .default('request')
    .meta({ description: 'Whether each request is drawn anew, or all of one client address go to one side' }),
});
export type NginxRoute = z.output<typeof routeSchema>;
