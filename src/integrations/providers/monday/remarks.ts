import type { IssueTracker } from '../../capabilities/issue-tracker.ts';
import type { MondayClient } from './client.ts';
import { anchorOf, htmlOf, linesOf, linkOf } from './html.ts';

/** Comments and links are both updates of the item. */
export function mondayRemarks(client: MondayClient): Pick<IssueTracker, 'ensureComment' | 'ensureLink'> {
  return {
    /** Any line of any update counts, so that one to which a person has added something is not written again. */
    async ensureComment(key, { text, marker }) {
      for await (const { body } of client.updates(itemId(key))) if (linesOf(body).includes(marker)) return;
      await client.createUpdate(key, htmlOf(`${text.trimEnd()}\n\n${marker}`));
    },

    /** A link is an update that consists of it. What somebody else wrote is not rewritten, so the title they gave stays. */
    async ensureLink(key, link) {
      const body = anchorOf(link);
      const title = linkOf(body)?.title;
      let theirs = false;
      for await (const update of client.updates(itemId(key))) {
        const there = linkOf(update.body);
        if (there?.url !== link.url) continue;
        if (there.title === title) return;
        if (update.own) return void (await client.editUpdate(update.id, body));
        theirs = true;
      }
      if (!theirs) await client.createUpdate(key, body);
    },
  };
}

/** An id that monday cannot have reads as "0", which no item has: asked as it is, monday refuses the request and not the item. */
export function itemId(key: string): string {
  return /^\d{1,19}$/.test(key) ? key : '0';
}
