/** For people who set the hook up by hand. */
export function webhookInstructions({ url }: { url: string }): string[] {
  return [
    'Open the project in GitLab as a Maintainer, then **Settings → Webhooks → Add new webhook**.',
    `Enter the URL \`${url}\`.`,
    'Put the **webhook secret** of this connection into the field **Secret token**. Leave **Signing token** empty: GitLab makes that one itself. To use it instead, save it here as the webhook secret, with its beginning `whsec_`.',
    'Choose the triggers **Push events** (all branches), **Tag push events**, **Merge request events**, **Job events**, **Pipeline events** and **Releases events**, and no others.',
    'Leave **Enable SSL verification** on and press **Add webhook**.',
    'Press **Test → Push events** beside the new hook: GitLab must report HTTP 2xx.',
  ];
}
