import { describe, expect, it } from 'vitest';
import { render } from '../../integrations/providers/slack/render.ts';
import { isDeploymentMessage, renderDeploymentMessage } from '../deployment/messages.ts';
import { renderNotification } from '../release/notifications.ts';
import { examples } from './examples.ts';
import { messageTypes } from './message-types.ts';
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

describe('a message about a deployment', () => {
  const failed = exampleOf('DEPLOYMENT_ROLLED_BACK');

  it('is told in the tenant’s words and place, and still names its deployment', () => {
    const told = inOwnWords(
      failed,
      words({
        bucket: 'builds',
        headline: '{{deployment.app}} is back where it was in {{deployment.environment}}',
        body: '{{#deployment.services}}{{name}}: {{from}} instead of {{to}}\n{{/deployment.services}}{{#failure}}Why: {{failure}}{{/failure}}',
      }),
    );

    expect(told?.bucket).toBe('builds');
    expect(told?.content.summary).toBe('Shop is back where it was in production');
    expect(told?.content.sections).toEqual([
      { text: `api: 1.3.2 instead of 1.4.0\nweb: 1.3.0 instead of 1.4.0\nWhy: ${examples.DEPLOYMENT_ROLLED_BACK.failure}` },
      failed.about,
    ]);
  });

  it('is told as ours where there are no words, and not at all where the tenant does not want it', () => {
    const { bucket, content } = failed;

    expect(inOwnWords(failed, null)).toEqual({ bucket, content });
    expect(inOwnWords(failed, words({ isEnabled: false }))).toBeNull();
  });

  it('knows nothing of a release, and one about a release nothing of a deployment', () => {
    const problem = (name: string) => [{ field: 'headline', message: `{{${name}}} is not known here` }];

    expect(wordsProblems('DEPLOYMENT_FAILED', words({ headline: '{{release.displayId}}' }))).toEqual(problem('release.displayId'));
    expect(wordsProblems('RELEASE_PAUSED', words({ headline: '{{deployment.app}}' }))).toEqual(problem('deployment.app'));
  });

  it('cannot mention, ping, link or format in Slack by what people or machines wrote, and is not read as a template', () => {
    const evil = '<!channel> <@U1> <https://evil.example|click> {{deployment.app}}';
    const { deployment } = examples.DEPLOYMENT_FAILED;
    const message = renderDeploymentMessage('DEPLOYMENT_FAILED', { deployment: { ...deployment, reason: evil }, failure: evil });

    const told = inOwnWords(message, words({ headline: '{{failure}}', body: `${evil} {{deployment.reason}}` }));
    const rendered = JSON.stringify(render(told?.content ?? { summary: '', sections: [] }, 'k'));

    expect(rendered).not.toMatch(/<!channel>|<@U1>|<https:\/\/evil/);
    expect(told?.content.summary).toBe(evil);
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

describe.each(messageTypes)('%s', (type) => {
  it('has an example with everything in it, told in our words', () => {
    const { headline, body } = asText(exampleOf(type).content);

    expect(headline).toMatch(isDeploymentMessage(type) ? /^DEP-7: \S/ : /^REL-7: \S/);
    expect(body).toContain(isDeploymentMessage(type) ? 'Deployment: DEP-7' : 'Release: REL-7');
    expect(JSON.stringify(examples[type])).not.toMatch(/null|\[\]|undefined/);
  });

  it('describes each of its placeholders, all of which templates may use', () => {
    const placeholders = placeholdersOf(type);

    expect(placeholders.map(({ path }) => path)).toContain(isDeploymentMessage(type) ? 'deployment.displayId' : 'release.displayId');
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
