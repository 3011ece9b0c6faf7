import { createHash } from 'node:crypto';
import type { IssueTracker } from '../../capabilities/issue-tracker.ts';
import type { JiraClient } from './client.ts';
import { oneLine } from './one-line.ts';

/**
 * Web addresses are "remote links". Jira itself keeps one per issue and `globalId`, so a link of ours that is sent twice is one. Those that
 * people attached have none of that kind; they are recognised by their address and changed by id.
 */
export function jiraRemoteLinks(client: JiraClient): Pick<IssueTracker, 'ensureLink'> {
  return {
    async ensureLink(key, { url, title }) {
      const globalId = globalIdOf(url);
      const sameUrl = (await client.remoteLinks(key)).filter((link) => link.object.url === url);
      const found = sameUrl.find((link) => link.globalId === globalId) ?? sameUrl[0];
      const wanted = oneLine(title);
      if (found === undefined) return client.putRemoteLink(key, { globalId, object: { url, title: wanted } });
      if (found.object.title === wanted) return;
      const { id, self: _self, ...kept } = found;
      // What is left out of an update is emptied, so everything else goes back as it came.
      const changed = { ...kept, object: { ...kept.object, title: wanted } };
      return found.globalId === globalId ? client.putRemoteLink(key, changed) : client.updateRemoteLink(key, id, changed);
    },
  };
}

/** Jira takes at most 255 characters; addresses may be longer. */
function globalIdOf(url: string): string {
  return `signalbox-${createHash('sha256').update(url).digest('hex')}`;
}
