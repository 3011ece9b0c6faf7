import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewTicket } from '../../src/integrations/capabilities/issue-tracker.ts';
import type { MondaySettings } from '../../src/integrations/providers/monday/identity.ts';
import { mondayIssueTracker } from '../../src/integrations/providers/monday/issue-tracker.ts';
import { label } from '../fakes/monday/index.ts';
import { all } from './adapter-harness.ts';
import { providerError } from './contract-case.ts';
import { addItemOfVersion, connectionTo, depsOf, itemsOf, markedWith, operation, seeded, textOf } from './monday-harness.ts';

let setup: Awaited<ReturnType<typeof seeded>>;
beforeEach(async () => {
  setup = await seeded();
});
afterEach(() => setup.fake.close());

const tracker = (settings: MondaySettings = {}) => mondayIssueTracker(connectionTo(setup.fake.origin, settings), depsOf());
const wanted = (changes: Partial<NewTicket> = {}): NewTicket => ({
  project: setup.board.id,
  type: 'Releases',
  title: 'Release 4.2.0',
  description: 'Text',
  labels: [],
  marker: 'm-1',
  ...changes,
});

describe('monday creates once', () => {
  it('does not repeat a creation whose answer was lost while searches do not show the item yet', async () => {
    setup.fake.world.delaySearch();
    setup.fake.failNext({ match: operation('CreateItem'), mode: 'drop-after' });

    await providerError(tracker().ensureTicket(wanted()));
    const ticket = await tracker().ensureTicket(wanted());

    expect(markedWith(setup.fake, 'm-1')).toEqual([ticket.key]);
  });

  it('makes one item of two requests at the same instant, and asks the second to come back', async () => {
    await tracker().ensureTicket(wanted({ marker: 'makes-the-column' }));
    const release = setup.fake.world.holdMutations();
    const first = tracker().ensureTicket(wanted());
    await expect.poll(setup.fake.world.heldMutations).toBe(1);

    const refusal = await providerError(tracker().ensureTicket(wanted()));
    release();
    const created = await first;
    const second = await tracker().ensureTicket(wanted());

    expect(refusal).toMatchObject({ kind: 'unavailable', retryAfterMs: 2_000 });
    expect(second).toEqual(created);
    expect(markedWith(setup.fake, 'm-1')).toEqual([created.key]);
  });

  it('makes other items of other markers', async () => {
    for (const marker of ['m-1', 'm-2']) await tracker().ensureTicket(wanted({ marker }));

    expect(itemsOf(setup.fake)).toHaveLength(2);
  });

  it('settles on the oldest where two items carry the marker', async () => {
    const first = await tracker().ensureTicket(wanted());
    const { board, fake } = setup;
    fake.world.addItem({ board, name: 'copy', values: new Map([['signalbox_marker', 'm-1']]) });
    board.items.reverse();

    expect((await tracker().ensureTicket(wanted())).key).toBe(first.key);
  });
});

describe('monday marks items', () => {
  it('makes its text column once, also when two make it at once', async () => {
    await Promise.all(['m-1', 'm-2', 'm-3'].map((marker) => tracker().ensureTicket(wanted({ marker }))));

    expect(setup.board.columns.filter(({ title }) => title === 'Signalbox marker')).toHaveLength(1);
    expect(itemsOf(setup.fake)).toHaveLength(3);
  });

  it('uses the column that the settings name', async () => {
    setup.fake.world.addColumn(setup.board, { id: 'text_7', title: 'Key', type: 'text' });

    const { key } = await tracker({ markerColumn: 'key' }).ensureTicket(wanted());

    expect(setup.fake.world.item(key).values.get('text_7')).toBe('m-1');
    expect(setup.board.columns.map(({ id }) => id)).not.toContain('signalbox_marker');
    expect(await tracker({ markerColumn: 'key' }).findTicket({ project: setup.board.id, marker: 'm-1' })).toMatchObject({ key });
  });

  it('says what to do where the account may not add columns, and creates nothing', async () => {
    setup.fake.world.setMayChangeBoards(false);

    const error = await providerError(tracker().ensureTicket(wanted()));

    expect(error).toMatchObject({ kind: 'forbidden', message: expect.stringContaining('add a text column titled "Signalbox marker"') });
    expect(itemsOf(setup.fake)).toEqual([]);
  });

  it('refuses a column of settings that is not there, or of another type', async () => {
    const missing = await providerError(tracker({ statusColumn: 'Stage' }).statuses(setup.board.id));
    const wrong = await providerError(tracker({ statusColumn: 'Tags' }).statuses(setup.board.id));

    expect([missing.kind, wrong.kind]).toEqual(['invalid', 'invalid']);
    expect(missing.message).toContain('"Stage"');
    expect(wrong.message).toContain('its type is tags');
  });
});

describe('monday passes on what a ticket has', () => {
  it('group, description, labels, assignee and priority', async () => {
    const { fake, somebody } = setup;

    const { key } = await tracker().ensureTicket(
      wanted({ type: 'hotfixes', labels: ['release', 'two words'], assignee: somebody.id, priority: 'low' }),
    );

    const { groupId, values } = fake.world.item(key);
    const tagIds = ['release', 'two words'].map((name) => Number(fake.world.tagNamed(name).id));
    expect(groupId).toBe('group_hotfixes');
    expect(Object.fromEntries(values)).toEqual({
      long_text: 'Text',
      tags: tagIds,
      people: [Number(somebody.id)],
      priority: 1,
      signalbox_marker: 'm-1',
    });
    expect(fake.world.item(key).updates).toEqual([]);
  });

  it('labels to a dropdown that the settings name, making those it lacks', async () => {
    const { key } = await tracker({ labelsColumn: 'Areas' }).ensureTicket(wanted({ labels: ['iOS', 'Android'] }));

    expect(setup.fake.world.item(key).values.get('dropdown')).toEqual([1, 2]);
    expect(setup.board.columns.find(({ id }) => id === 'dropdown')?.options.map((option) => option.label)).toEqual(['iOS', 'Android']);
  });

  it('labels to tags of the board itself where it is private', async () => {
    const { fake, bot } = setup;
    const columns = [{ id: 'tags', title: 'Tags', type: 'tags' }];
    const closed = fake.world.addBoard({ name: 'Closed', kind: 'private', subscribers: [bot], columns });

    await tracker().ensureTicket(wanted({ project: closed.id, type: '', description: '', labels: ['4.2.0'] }));

    expect(closed.tags.map(({ name }) => name)).toEqual(['4.2.0']);
    expect(fake.world.tags()).toEqual([]);
    expect(await all(tracker().ticketsOfVersion({ project: closed.id, version: '4.2.0' }))).toHaveLength(1);
  });

  it.each([
    ['there is no long text column', 'short', []],
    ['it is longer than such a column takes', 'x'.repeat(2001), [{ id: 'long_text', title: 'Text', type: 'long_text' }]],
  ])('the description as an update, once, where %s', async (_when, description, columns) => {
    const bare = setup.fake.world.addBoard({ name: 'Bare', columns });
    const ticket = wanted({ project: bare.id, type: '', description });
    setup.fake.failNext({ match: operation('CreateUpdate'), mode: 'drop-before' });

    await providerError(tracker().ensureTicket(ticket));
    await tracker().ensureTicket(ticket);
    const { key } = await tracker().ensureTicket(ticket);

    expect(setup.fake.world.item(key).updates.map(({ body }) => textOf(body).trim())).toEqual([`${description}\nm-1-description`]);
    expect(bare.items).toHaveLength(1);
  });

  it('refuses what the board has no place for, naming it, and creates nothing', async () => {
    const bare = setup.fake.world.addBoard({ name: 'Bare' });
    const refusal = async (changes: Partial<NewTicket>) => providerError(tracker().ensureTicket(wanted(changes)));

    const errors = [
      await refusal({ parent: '1' }),
      await refusal({ project: bare.id, type: '', assignee: setup.bot.id }),
      await refusal({ project: bare.id, type: '', priority: 'High' }),
      await refusal({ priority: 'Blocker' }),
      await refusal({ assignee: 'ada' }),
    ];

    expect(errors.map(({ kind }) => kind)).toEqual(Array(5).fill('invalid'));
    for (const [index, word] of ['parent', 'people', 'priority', '"High"', 'ada'].entries()) expect(errors[index]?.message).toContain(word);
    expect(itemsOf(setup.fake)).toEqual([]);
  });
});

describe('monday tells statuses', () => {
  it('shows what nobody has set as the name the board gives it, else as no status, and open', async () => {
    const bare = setup.fake.world.addBoard({ name: 'B', columns: [{ id: 's', title: 'S', type: 'status', labels: [label(1, 'Live')] }] });
    const item = setup.fake.world.addItem({ board: bare, name: 'x' });
    const none = setup.fake.world.addItem({ board: setup.fake.world.addBoard({ name: 'No column' }), name: 'y' });

    expect((await tracker().ticket(item.id))?.status).toEqual({ name: 'No status', category: 'open' });
    expect((await tracker().ticket(none.id))?.status).toEqual({ name: 'No status', category: 'open' });
    expect((await providerError(tracker().setStatus(none.id, 'Done'))).kind).toBe('conflict');
  });

  it('never takes a colour without a name for done, unless monday says so', async () => {
    const { key } = await tracker().ensureTicket(wanted());
    setup.fake.world.item(key).values.set('status', 4);

    expect((await tracker().ticket(key))?.status).toEqual({ name: 'label 4', category: 'unknown' });
  });

  it('believes the settings about what is in progress', async () => {
    const { key } = await tracker().ensureTicket(wanted());
    setup.fake.world.setStatus(key, 'status', 'Stuck');

    expect((await tracker({ inProgressLabels: ['stuck'] }).ticket(key))?.status.category).toBe('in-progress');
    expect((await tracker({ inProgressLabels: ['stuck'] }).statuses(setup.board.id))[1]).toEqual({
      name: 'Working on it',
      category: 'unknown',
    });
  });

  it('reads a deleted item as absent', async () => {
    const { key } = await tracker().ensureTicket(wanted());
    setup.fake.world.item(key).state = 'deleted';

    expect(await tracker().ticket(key)).toBeNull();
    expect(await tracker().ticket('APP-1')).toBeNull();
  });
});

describe('monday finds the items of a version', () => {
  it.each([
    ['text', { id: 'text_v', title: 'Version', type: 'text' }, 'v4.2.0', '14.2.0'],
    ['dropdown', { id: 'drop_v', title: 'Version', type: 'dropdown', options: [{ id: 7, label: '4.2.0' }] }, [7], [8]],
    ['status', { id: 'status_v', title: 'Version', type: 'status', labels: [label(9, '4.2.0')] }, 9, 1],
  ])('by a %s column that the settings name', async (_type, column, value, other) => {
    const { fake, board } = setup;
    fake.world.addColumn(board, column);
    const ours = fake.world.addItem({ board, name: 'ours', values: new Map([[column.id, value]]) });
    fake.world.addItem({ board, name: 'other', values: new Map([[column.id, other]]) });

    const found = await all(tracker({ versionColumn: 'Version' }).ticketsOfVersion({ project: board.id, version: '4.2.0' }));

    expect(found.map(({ key }) => key)).toEqual([ours.id]);
  });

  it('leaves out what a search finds and what has another name', async () => {
    const { fake, board } = setup;
    fake.world.addColumn(board, { id: 'text_v', title: 'Version', type: 'text' });
    fake.world.addItem({ board, name: 'candidate', values: new Map([['text_v', '4.2.0-RC.1']]) });

    const versions = tracker({ versionColumn: 'Version' }).ticketsOfVersion({ project: board.id, version: '4.2.0-rc.1' });

    expect(await all(versions)).toEqual([]);
  });

  it('finds none where the board has no tags', async () => {
    const bare = setup.fake.world.addBoard({ name: 'Bare' });
    addItemOfVersion(setup.fake, bare, { version: '4.2.0', title: 'x' });

    expect(await all(tracker().ticketsOfVersion({ project: bare.id, version: '4.2.0' }))).toEqual([]);
  });
});

describe('monday keeps remarks', () => {
  it('does not double a link that people attached, and leaves their words', async () => {
    const { key } = await tracker().ensureTicket(wanted());
    const item = setup.fake.world.item(key);
    setup.fake.world.addUpdate(item, setup.somebody, '<p>\uFEFF<a href="https://x.example.com/?a=1&amp;b=2">mine</a></p>');

    await tracker().ensureLink(key, { url: 'https://x.example.com/?a=1&b=2', title: 'Release' });

    expect(item.updates.map(({ body }) => textOf(body).trim())).toEqual(['mine']);
  });

  it('takes no comment that mentions an address for a link', async () => {
    const { key } = await tracker().ensureTicket(wanted());
    const item = setup.fake.world.item(key);
    setup.fake.world.addUpdate(item, setup.somebody, '<p>see <a href="https://x.example.com">this</a></p>');

    await tracker().ensureLink(key, { url: 'https://x.example.com', title: 'Release' });

    expect(item.updates).toHaveLength(2);
  });

  it('finds a comment to which a person has added a line', async () => {
    const { key } = await tracker().ensureTicket(wanted());
    await tracker().ensureComment(key, { text: 'Out.', marker: 'c-1' });
    const item = setup.fake.world.item(key);
    for (const update of item.updates) update.body += '<p>Thanks!</p>';

    await tracker().ensureComment(key, { text: 'Out.', marker: 'c-1' });

    expect(item.updates).toHaveLength(1);
  });

  it('offers the subscribers of a board that is not public', async () => {
    const { fake, bot } = setup;
    const closed = fake.world.addBoard({ name: 'Closed', kind: 'share', subscribers: [bot] });

    expect(await all(tracker().users(closed.id))).toEqual([{ id: bot.id, name: 'Release Bot' }]);
  });
});
