import { describe, expect, it } from 'vitest';
import { render } from '../../integrations/providers/slack/render.ts';
import { notificationTypes, renderNotification } from '../release/notifications.ts';
import { examples } from './examples.ts';
import { asText, exampleOf, inOwnWords, type OwnWords, wordsProblems } from './own-words.ts';
import { placeholdersOf } from './placeholders.ts';

const none: OwnWords = { isEnabled: true, bucket: null, headline: null, body: null };
const words = (over: Partial<OwnWords>): OwnWords => ({ ...none, ...over });
const paused = exampleOf('RELEASE_PAUSED');

describe('a notification', () => {
  it('is told as ours where the tenant has no words, or says nothing in them', () => {
    const { bucket, content } = paused;

    expect(inOwnWords(paused, null)).toEqual({ bucket, content });
    expect(inOwnWords(paused, none)).toEqual({ bucket, content });
  });

  it('is told in the tenant’s words and place, and still names its release', () => {
    const told = inOwnWords(
      paused,
      words({ bucket: 'builds', headline: '{{by}} paused\n{{release.displayId}}', body: 'Because: {{note}}' }),
    );

    expect(told?.bucket).toBe('builds');
    expect(told?.content.summary).toBe('Ada Lovelace paused REL-7');
    expect(told?.content.sections).toEqual([{ text: 'Because: A translation is missing.' }, paused.content.sections.at(-1)]);
  });

  it('keeps its buttons in anybody’s words', () => {
    const actions = [{ id: 'gate.approve', label: 'Approve', value: '1' }];

    expect(inOwnWords({ ...paused, content: { ...paused.content, actions } }, words({ body: 'x' }))?.content.actions).toEqual(actions);
  });

  it('is not told where the tenant does not want it', () => {
    expect(inOwnWords(paused, words({ isEnabled: false }))).toBeNull();
  });

  it('is told in our words where the tenant’s do not fit any more, or leave nothing over', () => {
    const { summary, sections } = paused.content;

    expect(inOwnWords(paused, words({ headline: '{{gone}}', body: '{{> x}}' }))?.content).toEqual({ summary, sections });
    const silent = renderNotification('RELEASE_PAUSED', { ...examples.RELEASE_PAUSED, by: null, note: null });
    expect(inOwnWords(silent, words({ headline: '{{by}}', body: ' {{note}} ' }))?.content).toEqual(silent.content);
  });

  it('cannot mention, ping, link or format in Slack by what people wrote, in a template or in a ticket', () => {
    const evil = '<!channel> <@U1> <https://evil.example|click> & *bold*';
    const notification = renderNotification('RELEASE_PAUSED', { ...examples.RELEASE_PAUSED, note: evil, by: evil });

    const told = inOwnWords(notification, words({ headline: `${evil} {{by}}`, body: `${evil}\n{{note}}` }));
    const rendered = JSON.stringify(render(told?.content ?? { summary: '', sections: [] }, 'k'));

    expect(rendered).not.toMatch(/<!channel>|<@U1>|<https:\/\/evil/);
    expect(rendered).toContain('&lt;!channel&gt;');
    // Text of people is plain text there, where markup means nothing.
    expect(JSON.parse(rendered).blocks[0].text.type).toBe('plain_text');
  });

  it('stays within what Slack takes, however long it is', () => {
    const notification = renderNotification('RELEASE_PAUSED', { ...examples.RELEASE_PAUSED, note: 'x\n'.repeat(50_000) });

    const told = inOwnWords(notification, words({ headline: '{{note}}', body: '{{note}}{{note}}{{note}}{{note}}' }));
    const { text, blocks } = render(told?.content ?? { summary: '', sections: [] }, 'k');

    expect(told?.content.summary.length).toBeLessThanOrEqual(300);
    expect(text.length).toBeLessThanOrEqual(3_000);
    expect(blocks.length).toBeLessThanOrEqual(10);
  });
});

describe('wordsProblems', () => {
  it('names the field and every placeholder that is not known', () => {
    expect(wordsProblems('RELEASE_PAUSED', words({ headline: '{{who}} {{why}}', body: '{{rcTag}}' }))).toEqual([
      { field: 'headline', message: '{{who}} is not known here' },
      { field: 'headline', message: '{{why}} is not known here' },
      { field: 'body', message: '{{rcTag}} is not known here' },
    ]);
  });

  it('refuses what says nothing', () => {
    expect(wordsProblems('RELEASE_PAUSED', words({ body: '{{! nothing }} {{#note}} {{/note}}' }))).toEqual([
      { field: 'body', message: 'says nothing' },
    ]);
  });
});

describe.each(notificationTypes)('%s', (type) => {
  it('has an example with everything in it, told in our words', () => {
    const { headline, body } = asText(exampleOf(type).content);

    expect(headline).toMatch(/^REL-7: \S/);
    expect(body).toContain('Release: REL-7');
    expect(JSON.stringify(examples[type])).not.toMatch(/null|\[\]|undefined/);
  });

  it('describes each of its placeholders, all of which templates may use', () => {
    const placeholders = placeholdersOf(type);

    expect(placeholders.map(({ path }) => path)).toContain('release.displayId');
    for (const { path, kind, description, example } of placeholders) {
      expect(description, path).not.toBe(path.split('.').at(-1));
      expect(example === null, path).toBe(kind === 'list');
      const list = placeholders.find((other) => other.kind === 'list' && path.startsWith(`${other.path}.`));
      const name = list === undefined ? path : path.slice(list.path.length + 1);
      const used = kind === 'list' ? `{{#${name}}}x{{/${name}}}` : `{{${name}}}`;
      const template = list === undefined ? used : `{{#${list.path}}}${used}{{/${list.path}}}`;
      expect(wordsProblems(type, words({ body: template })), template).toEqual([]);
    }
  });
});
