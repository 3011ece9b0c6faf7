/** For people who set the webhook up by hand, one step each, in Markdown. */
export function jiraWebhookInstructions({ url }: { url: string }): string[] {
  return [
    'Open Jira as an administrator, then **Settings (⚙) → System → WebHooks → Create a WebHook**.',
    `**URL**: \`${url}\``,
    '**Secret**: the webhook secret of this connection. Without it every delivery is refused; a Data Center without that field cannot sign, and Signalbox polls it instead.',
    '**Events**: under *Issue* tick *created*, *updated* and *deleted*. A JQL filter such as `project = APP` keeps other projects out.',
    'Leave *Exclude body* unticked, set **Status** to *Enabled* and press **Create**.',
  ];
}
