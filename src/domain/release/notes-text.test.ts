import { describe, expect, it } from 'vitest';
import { composeNotes } from './notes.ts';
import { renderNotesText } from './notes-text.ts';

const commit = (sha: string, message: string) => ({ sha, message, authorName: 'Ada', url: `https://example.test/${sha}` });

describe('renderNotesText', () => {
  it('tells each change on one line under its group, with pull requests and without links', () => {
    const commits = [commit('a1', 'feat(cart): keep the cart [APP-7]'), commit('b2', 'fix: no crash\n\nlong story')];
    const pullRequests = [{ number: 12, title: 'Keep the cart', labels: [], mergeCommit: 'a1' }];

    const text = renderNotesText(composeNotes({ commits, pullRequests, ticketPattern: /\bAPP-\d+\b/ }));

    expect(text).toContain('Features\n• cart: ');
    expect(text).toContain('#12');
    expect(text).toContain('Fixes\n• no crash');
    expect(text).not.toContain('http');
  });

  it('says so when nothing changed', () => {
    expect(renderNotesText([])).toBe('No changes.');
  });
});
