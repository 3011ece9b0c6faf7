/** Jenkins' API cannot set up webhooks: its jobs send them. */
export function webhookInstructions({ url }: { url: string }): string[] {
  return [
    'Add the webhook secret of this connection as a credential of the kind **Secret text** with the id `signalbox-webhook-secret`, in Jenkins, best in the folder of the jobs.',
    `In each pipeline that Signalbox starts, send a signed call as its last step (the agent needs \`openssl\` and \`curl\`):\n\n\`\`\`groovy\n${pipelineStep(url)}\n\`\`\``,
    `For jobs that are no pipelines, and to be told right after the end of a build and not just before it, install the **Notification** plugin and give each job an endpoint: format JSON, protocol HTTP, event *All Events*, URL source *Secret*, with a secret text that holds \`${withUser(url)}\`, where \`SECRET\` is the webhook secret. The secret must consist of letters, digits, dash and underscore, and the address must be https.`,
    'Nothing is lost without webhooks: Signalbox then asks Jenkins about its runs by itself, only less promptly.',
  ];
}

function withUser(url: string): string {
  return url.replace('://', '://signalbox:SECRET@');
}

/** Values reach the shell as variables of its environment: nothing of them is ever read as a command. */
function pipelineStep(url: string): string {
  return `post {
  always {
    script {
      def body = groovy.json.JsonOutput.toJson([
        name: env.JOB_NAME,
        url: env.JOB_URL,
        build: [number: currentBuild.number, phase: 'COMPLETED', status: currentBuild.currentResult, full_url: env.BUILD_URL],
      ])
      withCredentials([string(credentialsId: 'signalbox-webhook-secret', variable: 'SIGNALBOX_SECRET')]) {
        withEnv(["SIGNALBOX_BODY=\${body}"]) {
          sh '''
            signature=$(printf '%s' "$SIGNALBOX_BODY" | openssl dgst -sha256 -hmac "$SIGNALBOX_SECRET" -r | cut -d' ' -f1)
            curl --silent --show-error --max-time 20 --retry 2 -H 'Content-Type: application/json' \\\\
              -H "X-Signalbox-Signature: sha256=$signature" --data-binary "$SIGNALBOX_BODY" '${url}' || true
          '''
        }
      }
    }
  }
}`;
}
