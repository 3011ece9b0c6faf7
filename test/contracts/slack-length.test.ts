import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MessageContent } from '../../src/domain/message.ts';
import { writtenChars } from '../fakes/slack/block-rules.ts';
import { createSlackFake, type FakeChannel, readable, type SlackFake } from '../fakes/slack/index.ts';
import { providerError } from './contract-case.ts';
import { connectAll, token } from './slack-harness.ts';

/** Slack refuses a message whose blocks hold too much together, however short each of them is, and names no figure. */

const line = (index: number) => `- fix <the> thing & another ${index}`;
const lines = (count: number) => Array.from({ length: count }, (_, index) => line(index)).join('\n');
const notes = (count: number): MessageContent => ({
  summary: 'REL-7: release notes of v1.4.0',
  sections: [
    { heading: 'Store', text: 'Reads faster.' },
    { heading: 'Changes', text: lines(count) },
    { fields: [{ label: 'Release', value: 'REL-7', url: 'https://git.example/releases/v1.4.0' }] },
  ],
  actions: [{ id: 'task.retry', label: 'Retry', value: 'T1' }],
});

describe('a message longer than Slack takes in all', () => {
  let fake: SlackFake;
  let workspace: ReturnType<SlackFake['addWorkspace']>;
  let channel: FakeChannel;
  const read = () => readable(channel.messages[0] ?? { text: '' });
  beforeEach(async () => {
    fake = await createSlackFake();
    workspace = fake.addWorkspace({ token });
    channel = workspace.addChannel({ name: 'releases' });
  });
  afterEach(() => fake.close());

  it('arrives: its longest text is cut between lines and says so, and what stands around it stays', async () => {
    await connectAll(fake.baseUrl).post({ channelId: channel.id, content: notes(1_000), key: 'k' });

    const shown = read().split('\n');
    const cut = shown.findIndex((each) => each.includes('was cut here'));
    expect(shown).toContain('Reads faster.');
    expect(cut).toBeGreaterThan(150);
    expect(shown[cut - 1]).toBe(line(cut - 1 - shown.indexOf(line(0))));
    expect(shown.slice(cut + 1).join(' ')).toContain('REL-7');
    expect(channel.messages[0]?.blocks?.at(-1)).toMatchObject({ type: 'actions', block_id: 'signalbox:k' });
  });

  it('is shown whole as long as Slack takes it', async () => {
    await connectAll(fake.baseUrl).post({ channelId: channel.id, content: notes(150), key: 'k' });

    expect(read()).toContain(line(149));
    expect(read()).not.toContain('was cut');
  });

  it('arrives with many texts, each of which gets its share', async () => {
    const sections = ['a', 'b', 'c', 'd', 'e'].map((letter) => ({ heading: letter, text: `${letter}: ${'word '.repeat(1_000)}` }));

    await connectAll(fake.baseUrl).post({ channelId: channel.id, content: { summary: 's', sections }, key: 'k' });

    for (const { text } of sections) expect(read()).toContain(text.slice(0, 1_000));
    expect(read().split('was cut here')).toHaveLength(sections.length + 1);
  });

  it('is cut shorter where Slack takes less than is known of it: posted, edited, and said to one person', async () => {
    workspace.maxBlockChars = 5_000;
    const chat = connectAll(fake.baseUrl);
    const personId = workspace.addPerson({ name: 'Ada', email: 'ada@example.com' }).id;

    const { messageId } = await chat.post({ channelId: channel.id, content: notes(1_000), key: 'k' });
    await chat.edit({ channelId: channel.id, messageId, content: { ...notes(900), summary: 'edited' }, key: 'k' });
    await chat.reply({ channelId: channel.id, personId, content: notes(1_000) });

    expect(channel.messages).toHaveLength(1);
    expect(read()).toMatch(/^edited/);
    expect(read()).toContain('was cut here');
    expect(writtenChars(channel.messages[0]?.blocks ?? [])).toBeGreaterThan(2_000);
    expect(channel.whispers).toHaveLength(1);
  });

  it('is told as a refusal where even that is too long', async () => {
    workspace.maxBlockChars = 20;

    const error = await providerError(connectAll(fake.baseUrl).post({ channelId: channel.id, content: notes(1_000), key: 'k' }));

    expect(error).toMatchObject({ kind: 'invalid', message: expect.stringContaining('msg_blocks_too_long') });
    expect(channel.messages).toEqual([]);
  });
});
