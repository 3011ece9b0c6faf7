import type { NotificationType, WaitingGate } from './notification-data.ts';
import { at, field, type Template, text } from './notification-pieces.ts';

/** How a gate that waits for people is told. Where it goes unless its gate or its rules say otherwise is the bucket. */
export const gateTemplates: { [T in Extract<NotificationType, 'APPROVAL_REMINDER' | 'APPROVAL_ESCALATION'>]: Template<T> } = {
  APPROVAL_REMINDER: {
    bucket: 'regression',
    headline: (data) => `${data.name} still waits for approval${data.number === 1 ? '' : ` (reminder ${data.number})`}`,
    sections: (data) => [standing(data)],
  },
  APPROVAL_ESCALATION: {
    bucket: 'critical',
    headline: (data) => `${data.name} has waited too long for approval`,
    sections: (data) => [
      standing(data),
      { heading: 'Who is called upon', ...text(data.people.join(', ')) },
      { text: 'Whoever may not wait any longer approves it, rejects it, or overrides the gate.' },
    ],
  },
};

const standing = ({ gate, missing, since }: WaitingGate) => ({
  fields: [field('Gate', gate), field('Approvals', missing), field('Asked at', at(since))],
});
