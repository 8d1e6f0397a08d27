import type { LoggedRequest } from '../../sandbox/sandbox.ts';
import { startStandIn } from '../contract/app/stand-in.ts';
import { agentPullRequest, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';
import type { Measured, Measurement } from './measurement.ts';
import { quantile } from './quantile.ts';

const ROUNDS = 15;
const WARM_UP = 3;
const ANSWER = /\/actions\/runs\/\d+\/deployment_protection_rule$/;
const TOKEN = /\/access_tokens$/;

export const release: Measurement = {
  name: 'release',
  title: "GitHub's part of a deployment, on the sandbox",
  run: measureRelease,
};

/** One deployment of one agent's pull request, held and then released. */
interface Round {
  /** Up to the last thing that is written to GitHub: people can read why it is held. */
  readonly held: readonly LoggedRequest[];
  readonly again: readonly LoggedRequest[];
  /** From the approving delivery to the release call, that call included. */
  readonly released: readonly LoggedRequest[];
  /** After it: what happened is read and recorded. */
  readonly aftermath: readonly LoggedRequest[];
  readonly wallMs: number;
  /** Of it while at least one request was at the sandbox. */
  readonly gitHubMs: number;
}

async function measureRelease(): Promise<Measured> {
  const stage = await openStage();
  const rounds: Round[] = [];
  try {
    const timing = timeRequests(stage);
    for (let n = 0; n < WARM_UP + ROUNDS; n += 1) rounds.push(await deployOnce(stage, timing, n));
  } finally {
    await stage.close();
  }
  const counted = rounds.slice(WARM_UP);
  const last = counted.at(-1);
  if (last === undefined) throw new TypeError('no round was measured');
  const bare = await timeBareFetches(last.released.length);
  const own = (share: number): string =>
    ms(
      counted.map(({ wallMs, gitHubMs }) => wallMs - gitHubMs),
      share,
    );
  const all = (share: number): string =>
    ms(
      counted.map(({ wallMs }) => wallMs),
      share,
    );
  return {
    rows: [
      {
        what: 'calls until it is held: two commits, one agent PR',
        value: calls(counted.map(({ held }) => held)),
        limit: '<= 12 + 1 + 1',
        beside: '-',
      },
      {
        what: 'calls for the further deliveries that the run brings',
        value: calls(counted.map(({ again }) => again)),
        limit: '-',
        beside: '-',
      },
      {
        what: 'calls to its release, the answer included',
        value: calls(counted.map(({ released }) => released)),
        limit: '<= 7',
        beside: '-',
      },
      {
        what: 'calls after the answer',
        value: calls(counted.map(({ aftermath }) => aftermath)),
        limit: '-',
        beside: '-',
      },
      {
        what: 'own time from the approving delivery to the release call, p50',
        value: own(0.5),
        limit: '<= 30 ms',
        beside: `${ms(bare, 0.5)} as many bare fetches; ${all(0.5)} with the sandbox's part`,
      },
      {
        what: 'the same, p90',
        value: own(0.9),
        limit: '-',
        beside: `${ms(bare, 0.9)} as many bare fetches; ${all(0.9)} with the sandbox's part`,
      },
    ],
    notes: [
      `${ROUNDS} deployments of a merged agent PR, approved by the button of the check, after ${WARM_UP} to warm up. Access tokens are not counted (one an hour). Own time: all time in which no request was at the sandbox, which shares this thread; so it holds both sides' HTTP.`,
      ...list('Held', last.held),
      ...list('Further deliveries of the run', last.again),
      ...list('Release', last.released),
      ...list('After the answer', last.aftermath),
    ],
  };
}

async function deployOnce(stage: Stage, timing: Timing, n: number): Promise<Round> {
  const { sandbox, repo } = stage;
  const pull = await agentPullRequest(stage, { branch: `copilot/change-${n}` });
  await sandbox.as('bob').review(repo, pull.number, { state: 'APPROVED' });
  await stage.settle();
  const { sha } = await sandbox.as('bob').merge(repo, pull.number);
  await stage.settle();

  const beforeRun = sandbox.requests.length;
  const run = await stage.deploy('carol');
  const asked = counted(sandbox.requests.slice(beforeRun));
  const told = asked.findLastIndex(({ method, mutation }) => method !== 'GET' && mutation !== false) + 1;

  const check = stage.check(sha, PRODUCTION_CHECK);
  const approve = check?.actions.find(({ label }) => label === 'Approve');
  if (check === undefined || approve === undefined) throw new Error('the deployment has no button');
  const beforeClick = sandbox.requests.length;
  sandbox.webhooks.pause();
  await sandbox.as('dave').clickCheckAction(repo, check.id, approve.identifier);
  timing.begin();
  await sandbox.webhooks.resume();
  await stage.settle();
  if (sandbox.runState(run).conclusion !== 'success') throw new Error('the deployment was not released');
  const after = counted(sandbox.requests.slice(beforeClick));
  const answered = after.findIndex(({ path }) => ANSWER.test(path)) + 1;
  return {
    held: asked.slice(0, told),
    again: asked.slice(told),
    released: after.slice(0, answered),
    aftermath: after.slice(answered),
    ...timing.end(),
  };
}

interface Timing {
  begin(): void;
  end(): Pick<Round, 'wallMs' | 'gitHubMs'>;
}

/** Watches every request arrive at the sandbox and leave it, up to the answer of the protection rule. */
function timeRequests({ sandbox }: Stage): Timing {
  let from = 0;
  let answeredAt: number | null = null;
  let inside = 0;
  let busySince = 0;
  let gitHubMs = 0;
  const times = Number.POSITIVE_INFINITY;
  const isOpen = (): boolean => answeredAt === null;
  const mark = (run: () => void) => (): Promise<void> => {
    if (isOpen()) run();
    return Promise.resolve();
  };
  const enter = (): void => {
    if (inside === 0) busySince = performance.now();
    inside += 1;
  };
  const leave = (): void => {
    inside -= 1;
    if (inside === 0) gitHubMs += performance.now() - busySince;
  };
  sandbox.faults.add({
    path: ANSWER,
    when: 'before',
    times,
    do: mark(() => {
      answeredAt = performance.now();
    }),
  });
  sandbox.faults.add({ path: /./, when: 'before', times, do: mark(enter) });
  sandbox.faults.add({ path: /./, when: 'after', times, do: mark(leave) });
  return {
    begin: () => {
      [from, answeredAt, inside, gitHubMs] = [performance.now(), null, 0, 0];
    },
    end: () => {
      if (answeredAt === null) throw new Error('the protection rule was not answered');
      return { wallMs: answeredAt - from, gitHubMs };
    },
  };
}

/** The same number of calls one after the other to a server in this thread that answers at once. */
async function timeBareFetches(count: number): Promise<readonly number[]> {
  const server = await startStandIn('fails');
  const times: number[] = [];
  for (let round = 0; round < WARM_UP + ROUNDS; round += 1) {
    const begin = performance.now();
    for (let n = 0; n < count; n += 1) await (await fetch(`http://${server.host}/`)).text();
    times.push(performance.now() - begin);
  }
  await server.close();
  return times.slice(WARM_UP);
}

function counted(requests: readonly LoggedRequest[]): readonly LoggedRequest[] {
  return requests.filter(({ path }) => !TOKEN.test(path));
}

function calls(rounds: readonly (readonly LoggedRequest[])[]): string {
  const counts = rounds.map(({ length }) => length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(most) : `${least} to ${most}`;
}

function list(title: string, requests: readonly LoggedRequest[]): string[] {
  return [`${title}: ${requests.length} calls`, ...requests.map(({ route }, n) => `  ${n + 1}. ${route}`)];
}

function ms(values: readonly number[], share: number): string {
  return `${quantile(values, share).toFixed(1)} ms`;
}
