import type { MessageSection } from '../message.ts';
import type { StatusData } from './notification-data.ts';
import { at, field, type Template, text } from './notification-pieces.ts';
import { percentText } from './store-notifications.ts';

/** How the status message is told: as it stands, without a word that time alone makes wrong. */
export const statusTemplates: { RELEASE_STATUS: Template<'RELEASE_STATUS'> } = {
  RELEASE_STATUS: {
    bucket: 'releases',
    headline: (data) => (data.stage === null ? data.status : `${data.status}, ${data.stage}`),
    sections: (data) => [
      { fields: [field('Status', data.status), ...(data.stage === null ? [] : [field('Stage', data.stage)])] },
      { ...(data.waitsFor === null ? {} : { heading: 'Waits for' }), ...text(data.waitsFor) },
      { heading: 'Progress', fields: data.progress.map(({ stage, status, done, total }) => field(stage, stageText(status, done, total))) },
      { heading: 'Stores', fields: data.stores.map((store) => field(store.target, storeText(store), store.url)) },
      { fields: [...datesOf(data), ...data.links.map(({ label, value, url }) => field(label, value, url))] },
    ],
  },
};

function datesOf(data: StatusData): NonNullable<MessageSection['fields']> {
  const ended = data.endedAt === null ? [] : [field('Ended', at(data.endedAt))];
  return [field('Kickoff', at(data.kickOffDate)), field('Target date', at(data.targetReleaseDate)), ...ended];
}

function stageText(status: string, done: number, total: number): string {
  return total === 0 ? status : `${status}, ${done} of ${total}`;
}

function storeText({ status, fraction }: StatusData['stores'][number]): string {
  return fraction === null ? status : `${status}, ${percentText(fraction)}`;
}
