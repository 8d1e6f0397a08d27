import type { RepositoryFacts, RunFacts } from '../core/facts.ts';
import { explainPerson } from '../core/gate/explain-person.ts';
import type { PersonExplained } from '../core/gate/explain-person.ts';
import { policyRegistry } from '../core/policy/policy-registry.ts';
import type { ReadPorts } from '../core/ports.ts';
import type { Evaluation } from './evaluate.ts';
import { gatherCommit, gatherDeployment } from './gather.ts';
import type { Gathered } from './gather.ts';
import { askedPeople, distinctPeople, heldPeople } from './held-people.ts';
import type { HeldPeople } from './held-people.ts';
import { judgeDeployment } from './judge-deployment.ts';
import { judgePullRequest } from './judge-pull-request.ts';
import { policyInForce } from './policy-in-force.ts';
import type { PolicyInForce } from './policy-in-force.ts';
import { approvalKey } from './reviews.ts';
import { save } from './state.ts';

/** What somebody asks about. */
export type Asked =
  | { readonly kind: 'pull-request'; readonly number: number }
  /** `environment` null: those that the run waits for now. */
  | {
      readonly kind: 'run';
      readonly runId: number;
      readonly environment: string | null;
      readonly baseSha: string | null;
    }
  | { readonly kind: 'commit'; readonly sha: string; readonly baseSha: string | null };

/** One request that the App would hold, judged as it stands now. */
export interface HeldNow extends HeldPeople {
  /** null: the pull request itself. */
  readonly environment: string | null;
  readonly evaluation: Evaluation;
}
export interface LookedUp {
  readonly asked: Asked;
  readonly headSha: string;
  readonly policy: PolicyInForce;
  readonly gathered: Gathered;
  /** Nothing when the policy does not gate it, or when it is a commit alone or a run that waits for nothing. */
  readonly held: readonly HeldNow[];
  /** Those who were asked about, where nothing is held. */
  readonly people: readonly PersonExplained[];
  /** What this look cannot know; sentences of ours. */
  readonly notes: readonly string[];
  /** What should have been read and could not. */
  readonly unread: readonly string[];
}

/**
 * Who is behind a pull request, run or commit, and who could release it: what the App would say, read with somebody else's
 * eyes and without its store. So earlier heads are only known as far as GitHub still shows them, no answer given by a button
 * or command counts, and the base of a deployment is the one that is named, or none.
 *
 * @param logins people asked about, beside everyone who has a part in it
 * @throws {GateError} ERR_FORGE_*
 */
export async function lookUp(
  ports: ReadPorts,
  repository: RepositoryFacts,
  asked: Asked,
  logins: readonly string[],
): Promise<LookedUp> {
  switch (asked.kind) {
    case 'pull-request': {
      const pull = await ports.forge.pullRequest(repository.ref, asked.number);
      const { scoped, evaluation } = await judgePullRequest(ports, repository, pull, { signals: [], people: [] });
      const isHeld = scoped && pull.state === 'open';
      return collect(ports, asked, pull.headSha, evaluation, isHeld ? [{ environment: null, evaluation }] : [], logins);
    }
    case 'run': {
      const run = await ports.forge.run(repository.ref, asked.runId);
      return lookUpRun(ports, repository, asked, run, logins);
    }
    case 'commit': {
      const policy = await policyInForce(ports, repository);
      const inForce = policy.state.kind === 'in-force' ? policy.state.policy : null;
      await declareBase(ports, repository, NO_ENVIRONMENT, asked.baseSha);
      const gathered = await gatherCommit(ports, repository, asked.sha, NO_ENVIRONMENT, inForce);
      return collect(ports, asked, asked.sha, { repository, policy, gathered }, [], logins);
    }
  }
}

type Judged = Pick<Evaluation, 'repository' | 'policy' | 'gathered'>;

async function lookUpRun(
  ports: ReadPorts,
  repository: RepositoryFacts,
  asked: Extract<Asked, { kind: 'run' }>,
  run: RunFacts,
  logins: readonly string[],
): Promise<LookedUp> {
  const { ref } = repository;
  const jobs = run.status === 'completed' ? [] : await ports.forge.waitingJobs(ref, run);
  const waiting = asked.environment === null ? jobs.map(({ environment }) => environment) : [asked.environment];
  const environments = [...new Set(waiting.map((name) => name.toLowerCase()))];
  // The list tells neither attempt nor time: of a later attempt nobody knows which answers belong to it.
  const earlierApprovals = run.attempt === 1 ? [] : (await ports.forge.approvals(ref, run.id)).map(approvalKey);
  const held: Omit<HeldNow, keyof HeldPeople>[] = [];
  for (const environment of environments) {
    await declareBase(ports, repository, environment, asked.baseSha);
    const gate = { attempt: run.attempt, environment, opening: 1, earlierApprovals };
    const here = jobs.filter((job) => job.environment.toLowerCase() === environment);
    held.push({ environment, evaluation: await judgeDeployment({ ports, ref, repository, run }, gate, here) });
  }
  const [first] = held;
  if (first !== undefined) return collect(ports, asked, run.headSha, first.evaluation, held, logins);
  const policy = await policyInForce(ports, repository);
  const inForce = policy.state.kind === 'in-force' ? policy.state.policy : null;
  await declareBase(ports, repository, NO_ENVIRONMENT, asked.baseSha);
  const gathered = await gatherDeployment(ports, repository, run, NO_ENVIRONMENT, inForce);
  return collect(ports, asked, run.headSha, { repository, policy, gathered }, [], logins);
}

/** No environment of GitHub has an empty name. */
const NO_ENVIRONMENT = '';

/** The base that the asker names stands where the App keeps what its log has last released. */
async function declareBase(
  ports: ReadPorts,
  { ref }: RepositoryFacts,
  environment: string,
  baseSha: string | null,
): Promise<void> {
  if (baseSha === null) return;
  await save(ports.documents, ref, 'environment', environment, { body: [baseSha], version: 0 });
}

async function collect(
  ports: ReadPorts,
  asked: Asked,
  headSha: string,
  judged: Judged,
  found: readonly Omit<HeldNow, keyof HeldPeople>[],
  logins: readonly string[],
): Promise<LookedUp> {
  const { policy, gathered } = judged;
  const unread: string[] = [];
  const held: HeldNow[] = [];
  for (const each of found) held.push({ ...each, ...(await heldPeople(ports, each.evaluation, logins, unread)) });
  const machines = policyRegistry(policy.state.kind === 'in-force' ? policy.state.policy : null);
  const context = { parties: gathered.parties, seats: [], machines, sighted: gathered.classification };
  const people: PersonExplained[] = [];
  if (held.length === 0) {
    const named = await askedPeople(ports, judged.repository, logins, [], unread);
    const parties = gathered.parties.all.map(({ account }) => ({ account, authority: null }));
    for (const { account, authority } of distinctPeople([...named, ...parties])) {
      people.push(explainPerson(account, authority, context));
    }
  }
  return {
    asked,
    headSha,
    policy,
    gathered,
    held,
    people,
    notes: notesOf(asked, gathered),
    unread: [...new Set(unread)],
  };
}

function notesOf(asked: Asked, { change }: Gathered): readonly string[] {
  return [
    'Read now, with your token and without the store of the App: what it keeps of earlier heads, of answers by button or command, and of how long somebody is in a team is not in it.',
    ...(change.incomplete.includes('baseline')
      ? [
          'No base is known (name one with --base), so only the newest commit was judged, as a first deployment: suspected, one seat more.',
        ]
      : []),
    ...(change.incomplete.some((what) => what === 'base-unreachable' || what === 'base-replaced')
      ? [
          'The base that was named is not in the history of what was asked about; what could be read counts as suspected.',
        ]
      : []),
    ...(asked.kind === 'commit'
      ? ['A commit alone is held nowhere: name its pull request or run to see who could release it.']
      : []),
  ];
}
