import type { MessageContent } from '../../../domain/message.ts';
import { type Rendered, render } from './render.ts';
import { SlackRefusal } from './slack-error.ts';

/** What every message that Slack was seen to refuse as too long exceeds by far. */
const SHORT_CHARS = 4_000;

/** Says it as it is; shorter where Slack refuses it as too long, which is no repetition: nothing was said then. */
export async function withinLimits<T>(content: MessageContent, key: string, say: (rendered: Rendered) => Promise<T>): Promise<T> {
  try {
    return await say(render(content, key));
  } catch (error) {
    if (!(error instanceof SlackRefusal && error.code === 'msg_blocks_too_long')) throw error;
    return say(render(content, key, SHORT_CHARS));
  }
}
