import { z } from '@hono/zod-openapi';
import { storeTargets } from '../../domain/release/vocabulary.ts';
import { idSchema, instantSchema, nameSchema } from '../schemas.ts';
import {
  ciCdConfigSchema,
  commChannelsSchema,
  projectManagementConfigSchema,
  storeConfigSchema,
  testManagementConfigSchema,
} from './configs.ts';

/** Pieces of release configs. */

const wallTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 09:30')
  .meta({ description: 'On a wall of the zone', example: '10:00' });
const workingDay = z
  .int()
  .min(0)
  .max(365)
  .meta({ description: 'Counted from the day of the kickoff: 0 is that day, 1 the next working day' });

export const scheduleSchema = z
  .strictObject({
    zone: z.string().min(1).max(64).meta({ description: 'IANA time zone', example: 'Europe/Berlin' }),
    workingDays: z.array(z.int().min(1).max(7)).min(1).max(7).default([1, 2, 3, 4, 5]).meta({ description: '1 = Monday … 7 = Sunday' }),
    kickOffTime: wallTime,
    reminder: z
      .strictObject({ workingDaysBefore: z.int().min(0).max(365), time: wallTime })
      .nullable()
      .default(null)
      .meta({ description: 'Before the kickoff; null: none' }),
    slots: z
      .array(z.strictObject({ workingDay, time: wallTime, automation: z.boolean().optional() }))
      .max(100)
      .meta({ description: 'Of regression cycles, in order; `automation` absent: as the config says' }),
    target: z.strictObject({ workingDay, time: wallTime }).meta({ description: 'The target release date' }),
  })
  .openapi('ReleaseSchedule');

export const scheduleField = scheduleSchema
  .nullable()
  .default(null)
  .meta({ description: 'Where dates come from that a new release does not name; null: it names them all' });

export const suggestedDatesSchema = z
  .object({
    kickOffReminderDate: instantSchema.nullable(),
    kickOffDate: instantSchema,
    regressionSlots: z.array(z.object({ date: instantSchema, automation: z.boolean().optional() })),
    targetReleaseDate: instantSchema,
  })
  .openapi('SuggestedDates');

export const warningsSchema = z
  .array(z.object({ field: z.string(), message: z.string() }))
  .meta({ description: 'About what may be used and should be looked after: connections that were not verified yet' });

const byId = z.strictObject({ configId: idSchema }).openapi('ExistingConfig');
const ownName = nameSchema.optional().meta({ description: "Absent: the release config's" });

/** A part of a release config: absent, it stays; null, there is none any more. */
const part = <Inline extends z.ZodType>(what: string, inline: Inline) =>
  z
    .union([byId, inline])
    .nullable()
    .optional()
    .meta({ description: `${what}: one that exists, or one written out, which belongs to the release config and goes with it` });

const inlineStore = storeConfigSchema.omit({ target: true }).extend({ name: ownName }).openapi('InlineStoreConfig');

const storeChange = <Plan extends z.ZodType>(plan: Plan) =>
  z
    .strictObject({
      target: z.enum(storeTargets).meta({ description: 'One of the platform targets' }),
      storeConfigId: idSchema.optional(),
      config: inlineStore.optional().meta({ description: 'In place of `storeConfigId`: belongs to the release config' }),
      rolloutPlan: plan,
    })
    .refine(({ storeConfigId, config }) => (storeConfigId === undefined) !== (config === undefined), {
      path: ['storeConfigId'],
      error: 'must be given, or `config` in its place',
    });

export const storeChanges = <Plan extends z.ZodType>(plan: Plan) => z.array(storeChange(plan)).max(storeTargets.length);

export const parts = {
  ci: part('CI config', ciCdConfigSchema.extend({ name: ownName }).openapi('InlineCiCdConfig')),
  projectManagement: part(
    'Project management config',
    projectManagementConfigSchema.extend({ name: ownName }).openapi('InlineProjectManagementConfig'),
  ),
  testManagement: part(
    'Test management config',
    testManagementConfigSchema.extend({ name: ownName }).openapi('InlineTestManagementConfig'),
  ),
  communication: part('Channel config', commChannelsSchema.extend({ name: ownName }).openapi('InlineChannelConfig')),
};

/**
 * The same fields, each of which may be absent, and none of which a default fills in: what is absent stays. Objects within objects likewise,
 * unless they may be null.
 */
export function changeOf(schema: z.ZodObject): z.ZodObject {
  const fields = Object.entries(schema.shape).map(([name, field]) => [name, changeOfField(field).optional()]);
  return z.strictObject(Object.fromEntries(fields));
}

function changeOfField(field: unknown): z.ZodType {
  if (field instanceof z.ZodDefault || field instanceof z.ZodPrefault) return changeOfField(field.unwrap());
  if (field instanceof z.ZodObject) return changeOf(field);
  // Shapes hold nothing but schemas.
  return field as z.ZodType;
}
