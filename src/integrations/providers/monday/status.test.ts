import { describe, expect, it } from 'vitest';
import { column } from './schema.ts';
import { labelsOf, statusesOf } from './status.ts';

const status = (settings: unknown) => column.parse({ id: 'status', title: 'Status', type: 'status', archived: false, settings });

describe('labels of a status column', () => {
  it('come in the order of the board, from settings as JSON and as text', () => {
    const settings = {
      labels: [
        { id: 1, label: 'Done', index: 1, is_done: true },
        { id: 0, label: ' Doing ', index: 0, is_done: false },
        { id: 2, label: 'Gone', index: 2, is_deactivated: true },
      ],
    };
    const labels = [
      { id: 0, name: 'Doing', done: false, position: 0 },
      { id: 1, name: 'Done', done: true, position: 1 },
    ];

    expect(labelsOf(status(settings))).toEqual(labels);
    expect(labelsOf(status(JSON.stringify(settings)))).toEqual(labels);
  });

  it('are read from the older form of settings too', () => {
    const settings = {
      labels: { '0': 'Doing', '1': 'Done', '2': 'Gone', '5': '' },
      done_colors: [1],
      labels_positions_v2: { '0': 1, '1': 0, '2': 2, '5': 3 },
      deactivated_labels: [2],
    };

    expect(labelsOf(status(settings)).map(({ name, done }) => [name, done])).toEqual([
      ['Done', true],
      ['Doing', false],
      ['', false],
    ]);
  });

  it.each([null, 'no JSON', 7, { labels: 'none' }])('are none for settings that are %j', (settings) => {
    expect(labelsOf(status(settings))).toEqual([]);
    expect(statusesOf(status(settings), {})).toEqual([{ name: 'No status', category: 'open' }]);
  });
});

describe('statuses', () => {
  it('of the same name are one', () => {
    const settings = { labels: [0, 1].map((id) => ({ id, label: 'Doing', index: id })) };

    expect(statusesOf(status(settings), { inProgressLabels: ['doing'] })).toEqual([
      { name: 'No status', category: 'open' },
      { name: 'Doing', category: 'in-progress' },
    ]);
  });
});
