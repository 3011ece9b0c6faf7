import type { AdapterDeps, Verification } from '../../kit/define-provider.ts';
import { ProviderError } from '../../kit/provider-error.ts';
import { isRedirect } from '../../kit/transport.ts';
import { type JenkinsClient, jenkinsClient } from './client.ts';
import type { JenkinsConnection } from './identity.ts';
import { listWorkflows } from './jobs.ts';
import { whoAmISchema } from './schema.ts';

const NOT_JENKINS =
  'The base URL does not answer like Jenkins: give the address of its start page, with the path it may be under (…/jenkins).';
const LOGIN =
  'A login page answers in place of Jenkins: a proxy or single sign-on stands in front. Let API calls through, or connect with the header that it expects.';
const WEB_PAGE = `A web page answers in place of the API of Jenkins. Either the base URL is another server's, or a single sign-on in front asks for a login: let API calls through, or connect with the header that it expects.`;

/** Asks what a release would need: that this is Jenkins, who we are to it, that jobs are visible, and where it tells, that we may start them. */
export async function verifyJenkins(connection: JenkinsConnection, deps: AdapterDeps): Promise<Verification> {
  const client = jenkinsClient(connection, deps);
  const account = await identify(client);
  if ('problem' in account) return { ok: false, problems: [account.problem] };
  const problem = await jobProblem(client, connection);
  if (problem !== null) return { ok: false, problems: [problem] };
  return { ok: true, account: account.name, expiresAt: null, rateLimit: null };
}

async function identify(client: JenkinsClient): Promise<{ name: string } | { problem: string }> {
  const asked = await answerOf(client.whoAmI());
  if (asked.refusal) {
    if (asked.refusal.kind === 'unauthorized')
      return { problem: 'Jenkins does not accept the credentials: check the user id, and create a new API token for it.' };
    if (asked.refusal.kind === 'forbidden')
      return { problem: `Jenkins, or what stands in front of it, refuses these credentials: ${asked.refusal.message}` };
    return { problem: NOT_JENKINS };
  }
  const { response, isJson, json } = asked.answer;
  if (isRedirect(response)) return { problem: redirectProblem(response) };
  const who = whoAmISchema.safeParse(json);
  // Proxies may drop the version header (X-Jenkins), but nothing else answers this question in this shape.
  if (!who.success) return { problem: isJson ? NOT_JENKINS : response.headers.has('x-jenkins') ? LOGIN : WEB_PAGE };
  if (who.data.anonymous || !who.data.authenticated) {
    return {
      problem: 'Jenkins takes these credentials for nobody (anonymous): check the user and the token, or the header and its value.',
    };
  }
  return { name: who.data.name };
}

function redirectProblem(response: Response): string {
  const to = response.headers.get('location') ?? '';
  if (/login|sso|oauth|saml|securityRealm/i.test(to)) return LOGIN;
  return 'The base URL redirects elsewhere: give the address it leads to (https in place of http, or the path Jenkins is under).';
}

async function jobProblem(client: JenkinsClient, connection: JenkinsConnection): Promise<string | null> {
  const { folder } = connection.settings;
  const where = folder === undefined ? 'Jenkins' : `the folder ${folder}`;
  const first = await answerOf(listWorkflows(client, connection.settings).next());
  if (first.refusal?.kind === 'not-found') {
    return folder === undefined
      ? NOT_JENKINS
      : `The folder ${folder} does not exist, or the user may not see it: check the path, and grant Job/Read there.`;
  }
  if (first.refusal) return `The user may not list the jobs of ${where}: grant Overall/Read and Job/Read. (${first.refusal.message})`;
  if (first.answer.done) return `No job is visible in ${where}: grant the user Job/Read, or choose another folder.`;
  const path = first.answer.value.path;
  const rights = await answerOf(client.pipeline(path));
  // Only Blue Ocean tells; without it the first start tells.
  if (rights.answer?.permissions?.start === false) return `The user may not start ${path}: grant Job/Build (and Job/Cancel).`;
  return null;
}

type Asked<T> = { answer: T; refusal: null } | { answer: null; refusal: ProviderError };

/** A refusal is an answer to our question; only when Jenkins could not be asked does the error go on. */
async function answerOf<T>(call: Promise<T>): Promise<Asked<T>> {
  try {
    return { answer: await call, refusal: null };
  } catch (error) {
    const couldNotAsk = ['timeout', 'unavailable', 'rate-limited'];
    if (error instanceof ProviderError && !couldNotAsk.includes(error.kind)) return { answer: null, refusal: error };
    throw error;
  }
}
