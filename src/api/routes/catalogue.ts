import { z } from '@hono/zod-openapi';
import { dependencyKinds, environmentKinds, environmentTiers, serviceKinds } from '../../domain/deployment/vocabulary.ts';
import { apps } from '../../services/catalogue/apps.ts';
import { environments } from '../../services/catalogue/environments.ts';
import { services } from '../../services/catalogue/services.ts';
import { windows } from '../../services/catalogue/windows.ts';
import type { ApiDeps, App } from '../context.ts';
import { idSchema, nameSchema } from '../schemas.ts';
import { registerCatalogueRoutes } from './catalogue-routes.ts';
import { recipeSchema } from './deployment-schemas.ts';
import { gateRulesFields } from './gate-rules-schema.ts';
import { registerTargetRoutes } from './targets.ts';

/** Names places at drivers. */
const slug = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/, 'must be lower-case letters, digits and dashes, at most 40');

const appSchema = z.strictObject({ name: nameSchema.max(63), description: z.string().trim().max(10_000).nullable().default(null) });

const serviceSchema = z.strictObject({
  appId: idSchema,
  name: slug.meta({ example: 'checkout-api' }),
  kind: z.enum(serviceKinds),
  source: z
    .strictObject({ integrationId: idSchema, paths: z.array(z.string().min(1).max(255)).min(1).max(100) })
    .nullable()
    .default(null)
    .meta({
      description:
        'A source control connection, and which files are its own, seen from the root of the repository: `*`, `?`, `**`, `[a-z]` and `{a,b}`, or a file or folder as it is called. null: it changes by its artifacts only',
    }),
  recipe: recipeSchema.nullable().default(null).meta({ description: 'How it is built and tested; null: artifacts come from outside' }),
  dependsOn: z
    .array(z.strictObject({ serviceId: idSchema, kind: z.enum(dependencyKinds) }))
    .max(100)
    .default([])
    .meta({
      description:
        '`deploy`: it comes after the other. `runtime`: it calls the other. `schema`: it moves along when the other changes. No circles.',
    }),
});

const environmentSchema = z.strictObject({
  name: slug,
  tier: z.enum(environmentTiers),
  kind: z.enum(environmentKinds).default('infra'),
  approval: gateRulesFields
    .nullable()
    .default(null)
    .meta({ description: 'Who must approve deployments to it; null: nobody. One person where it says no number' }),
  maxParallel: z.int().min(1).max(100).default(1).meta({ description: 'Services changed at once' }),
  commsConfigId: idSchema.nullable().default(null).meta({ description: 'Whose channels hear of its deployments' }),
});

const ids = z.array(idSchema).min(1).max(100).optional();

const windowSchema = z.strictObject({
  name: nameSchema,
  kind: z.enum(['allow', 'deny']).meta({ description: 'allow: exposure may grow only while one of these is open. deny: a freeze' }),
  cron: z.string().trim().min(1).max(128).meta({ description: 'When it opens, on clocks of `zone`', example: '0 9 * * 1-5' }),
  durationMinutes: z.int().min(1),
  zone: z.string().min(1).max(64).meta({ example: 'Europe/Berlin' }),
  scope: z
    .strictObject({
      environmentIds: ids,
      appIds: ids,
      serviceIds: ids,
      tiers: z.array(z.enum(environmentTiers)).min(1).optional(),
      releaseConfigIds: ids,
      targets: z
        .array(z.enum(['APP_STORE', 'PLAY_STORE', 'WEB']))
        .min(1)
        .optional(),
    })
    .default({})
    .meta({ description: 'What it is about: each list that is given must contain it. Empty: everything' }),
  onClose: z
    .enum(['finish', 'pause', 'abort'])
    .default('pause')
    .meta({ description: 'What becomes of what is under way when it closes: it goes on, stands still at its next step, or is taken back' }),
  isActive: z.boolean().default(true),
});

export function registerCatalogueRoutesOfAll(app: App, deps: ApiDeps): void {
  registerCatalogueRoutes(app, deps, { kind: apps, path: 'apps', name: 'App', title: 'app', tag: 'Catalogue', schema: appSchema });
  registerCatalogueRoutes(app, deps, {
    ...{ kind: services, path: 'services', name: 'Service', title: 'service', tag: 'Catalogue' },
    ...{ schema: serviceSchema, filters: { appId: 'app_id' } },
  });
  registerCatalogueRoutes(app, deps, {
    ...{ kind: environments, path: 'environments', name: 'Environment', title: 'environment', tag: 'Catalogue' },
    schema: environmentSchema,
  });
  registerTargetRoutes(app, deps);
  registerCatalogueRoutes(app, deps, {
    kind: windows,
    path: 'windows',
    name: 'Window',
    title: 'window',
    tag: 'Windows',
    schema: windowSchema,
  });
}
