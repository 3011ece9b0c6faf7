import { z } from '@hono/zod-openapi';
import { approvingRoles } from '../../domain/gates/approval-rules.ts';
import { idSchema, nameSchema } from '../schemas.ts';

const MINUTE_MS = 60_000;
const LONGEST_MS = 90 * 24 * 60 * MINUTE_MS;

const milliseconds = (what: string) =>
  z
    .int()
    .min(MINUTE_MS)
    .max(LONGEST_MS)
    .nullable()
    .default(null)
    .meta({ description: `Milliseconds ${what}; null: never` });

const approvers = {
  roles: z.array(z.enum(approvingRoles)).max(approvingRoles.length).default([]),
  accountIds: z.array(idSchema).max(50).default([]).meta({ description: 'Members who may approve, by their accounts' }),
};

const group = z
  .strictObject({
    name: nameSchema.max(64).meta({ description: 'Unique within the gate', example: 'QA' }),
    ...approvers,
    quorum: z.int().min(1).max(20).default(1).meta({ description: 'How many of them must approve' }),
  })
  .openapi('ApproverGroup');

/** What a release config says of the approvals of one gate, and not of the other. */
export const gateRulesFields = z.strictObject({
  quorum: z
    .int()
    .min(1)
    .max(20)
    .nullable()
    .default(null)
    .meta({ description: 'How many people must approve; null: as `gates.quorum` says' }),
  allowSelfApproval: z.boolean().nullable().default(null).meta({ description: 'null: as `gates.allowSelfApproval` says' }),
  groups: z.array(group).max(10).default([]).meta({ description: 'Each must reach its own quorum, besides the quorum of all' }),
  expiresAfterMs: milliseconds('after which an approval counts no more'),
  remindAfterMs: milliseconds('from when people are asked to the first reminder'),
  remindEveryMs: milliseconds('from one reminder to the next'),
  escalateAfterMs: milliseconds('from when people are asked to the escalation, of which there is one'),
  escalateTo: z
    .strictObject({
      critical: z
        .boolean()
        .default(false)
        .meta({ description: 'Tell it in the channels of `critical`; otherwise where people were asked' }),
      ...approvers,
    })
    .prefault({})
    .meta({ description: 'Whose turn it is then: those named, and everybody of these roles, are named in the message' }),
});

export const gateRules = (which: string) =>
  gateRulesFields.prefault({}).meta({ description: `Approvals of the gate ${which}; without any of it, as the fields beside it say` });
