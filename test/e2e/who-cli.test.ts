import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { heldDeployment } from '../support/held-deployment.ts';
import type { HeldDeployment } from '../support/held-deployment.ts';
import { field } from '../support/reviewing.ts';
import type { CliAnswer } from '../support/run-cli.ts';
import { runWho } from '../support/run-who.ts';
import { agentPullRequest, AGENT, openStage, PRODUCTION_CHECK } from '../support/stage.ts';
import type { Stage } from '../support/stage.ts';

/** `countersign who`, asked over HTTP of a sandbox on which the App holds an agent's pull request and deployment. */

const ESCAPES = '\u001b]0;owned\u0007\u001b[2J\u202e\u009b31m';

let stage: Stage;
let pull: { readonly number: number; readonly headSha: string };
let held: HeldDeployment;
let token: string;
/** Head of the default branch before the agent's push. */
let base: string;

beforeAll(async () => {
  stage = await openStage({ people: ['alice', 'bob', 'carol', 'dave', 'erin'] });
  const { sandbox, repo } = stage;
  sandbox.collaborator(repo, 'erin', 'write');
  token = sandbox.user('bob').token;
  pull = await agentPullRequest(stage, { prompter: 'alice' });
  base = sandbox.branchHead(repo, 'main') ?? '';
  held = await heldDeployment(stage);
}, 60_000);

afterAll(async () => {
  await stage.close();
});

const who = (...args: readonly string[]): Promise<CliAnswer> =>
  runWho([stage.repo, '--host', stage.sandbox.url, ...args], { GITHUB_TOKEN: token });

async function whoJson(...args: readonly string[]): Promise<unknown> {
  const answer = await who('--json', ...args);
  expect(answer.errors).toBe('');
  return JSON.parse(answer.output);
}

const list = (value: unknown, name: string): readonly unknown[] => {
  const found = field(value, name);
  return Array.isArray(found) ? found : [];
};

describe('countersign who', () => {
  test('says of a pull request who is behind it, why they may not and who could, in the words of the check', async () => {
    const { status, output, errors } = await who(`#${pull.number}`);
    expect([status, errors]).toEqual([0, '']);
    expect(output).toMatch(/conclusion: agent \(GitHub Copilot\)/);
    expect(output).toMatch(/verified agent-started .*at pull request #\d+/);
    expect(output).toMatch(/ {2}alice \(\d+\)\n.*sponsor \(api\): /);
    expect(output).toMatch(/the pull request: hold/);
    const [, could] = /could release it: (.+)\n/.exec(output) ?? [];
    expect(could).toBe('any one of bob, carol, dave');
    const [, why = ''] =
      /@alice had a part in the change \([^)]*\) and cannot countersign it: (.+)\.\n/.exec(output) ?? [];
    expect(why).toMatch(/^prompted GitHub Copilot, as GitHub says \(/);
    const summary = stage.check(pull.headSha)?.summary?.replaceAll(/\\(?=[^\w\s])/g, '');
    expect(summary).toContain(`alice: ${why}`);
    expect(summary).toContain('any one of @bob, @carol, @dave');
  });

  test('answers a bare number with the pull request of that number, or else with the run', async () => {
    const byNumber = await who(String(pull.number));
    expect(byNumber.output).toBe((await who(`#${pull.number}`)).output);
    expect((await who(String(held.runId), '--base', base)).output).toMatch(/shop, run \d+, at /);
  });

  test('says of a run what each environment waits for, from the base that is named', async () => {
    const found = await whoJson(`run:${held.runId}`, '--base', base);
    expect(field(field(found, 'conclusion'), 'class')).toBe('agent');
    const [environment] = list(found, 'held');
    expect(field(environment, 'environment')).toBe('production');
    expect(field(environment, 'decision')).toBe('hold');
    const logins = list(found, 'parties').map((party) => field(party, 'login'));
    expect(logins).toEqual(expect.arrayContaining([AGENT, 'carol']));
    const sentences = list(environment, 'people').map((person) => String(field(field(person, 'because'), 'text')));
    const started = `started the run, as GitHub says (run ${held.runId} attempt 1)`;
    expect(sentences.find((each) => each.startsWith('@carol '))).toContain(` cannot countersign it: ${started}`);
    expect(stage.check(held.sha, PRODUCTION_CHECK)?.summary?.replaceAll(/\\(?=[^\w\s])/g, '')).toContain(
      `carol: ${started}`,
    );
  });

  test('judges a run without a base as a baseline, and says so', async () => {
    const { status, output } = await who(`run:${held.runId}`, '--environment', 'Staging');
    expect(status).toBe(0);
    expect(output).toMatch(/^environment staging: hold$/m);
    expect(output).toMatch(/note: No base is known .* as a first deployment: suspected, one seat more\./);
    expect(output).toMatch(/could release it: any 2 of alice, bob, dave|could release it: any \d of /);
    expect((await who(`run:${held.runId}`, '--base', base)).output).not.toMatch(/No base is known/);
    const gone = await who(`run:${held.runId}`, '--environment', 'other', '--base', 'f'.repeat(40));
    expect(gone.output).toMatch(/note: The base that was named is not in the history/);
  });

  test('says of a bare SHA who made it, and that nothing is held there', async () => {
    const { status, output } = await who(held.sha, '--base', base);
    expect(status).toBe(0);
    expect(output).toMatch(/conclusion: agent \(GitHub Copilot\)/);
    expect(output).toMatch(/nothing is held here/);
    expect(output).toMatch(/note: A commit alone is held nowhere/);
  });

  test('answers for a person who is asked about, also for one who does not exist', async () => {
    const { status, output } = await who(`#${pull.number}`, '--person', 'erin', '--person', 'bob');
    expect(status).toBe(0);
    expect(output).toMatch(/@erin may fill none of the seats: maintainers \(write, not maintain\)\./);
    expect(output).toMatch(/@bob had no part in the change and may fill a seat: maintainers\./);
    const nobody = await who(`#${pull.number}`, '--person', 'nobody-of-that-name');
    expect(nobody.status).toBe(1);
    expect(nobody.output).toMatch(/NOT READ: There is no account with the login nobody-of-that-name\./);
  });

  test('names sets that release in its JSON, with everybody by id', async () => {
    const found = await whoJson(`#${pull.number}`);
    const [request] = list(found, 'held');
    const sets = list(field(request, 'release'), 'sets').map((set) =>
      Array.isArray(set) ? set.map((each: unknown) => field(each, 'login')) : set,
    );
    expect(sets).toEqual([['bob'], ['carol'], ['dave']]);
    const excluded = list(request, 'people').filter((person) => field(person, 'excluded') === true);
    expect(excluded.map((person) => field(person, 'login'))).toEqual(expect.arrayContaining(['alice', AGENT]));
    expect(list(found, 'unread')).toEqual([]);
  });

  test('changes nothing on GitHub', async () => {
    const before = stage.sandbox.requests.length;
    await who(`#${pull.number}`);
    const sent = stage.sandbox.requests.slice(before);
    expect(sent.length).toBeGreaterThan(5);
    expect(new Set(sent.map(({ actor }) => actor))).toEqual(new Set(['user:bob']));
    expect(sent.filter(({ method, mutation }) => mutation === true || !['GET', 'POST'].includes(method))).toEqual([]);
    expect(sent.filter(({ method, route }) => method === 'POST' && !route.startsWith('graphql'))).toEqual([]);
  });

  test('lets nothing of a hostile text reach the terminal raw, as text and as JSON', async () => {
    const { sandbox, repo } = stage;
    await sandbox.as(AGENT).commit(repo, 'copilot/hostile', {
      files: { 'infra/main.tf': 'x' },
      message: `Change ${ESCAPES}\n\nRequested-by: ${ESCAPES} Eve\nCo-authored-by: ${ESCAPES} <x@example.test>`,
      author: { name: `Mallory ${ESCAPES}`, email: `${ESCAPES}@example.test`.replaceAll('\u0007', '') },
    });
    const hostile = await sandbox.as('alice').openPullRequest(repo, {
      head: 'copilot/hostile',
      title: ESCAPES,
      body: `Requested by: ${ESCAPES} somebody\n\nCo-authored-by: Claude ${ESCAPES}`,
      labels: [ESCAPES],
    });
    for (const args of [[], ['--json']]) {
      const { output, errors } = await who(`#${hostile.number}`, ...args);
      expect(output).toMatch(/Unknown|unknown|commitsOfNobody/);
      expect(`${output}${errors}`.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
    }
  });
});

describe('countersign who cannot read', () => {
  const refused = async (args: readonly string[], env = { GITHUB_TOKEN: token }): Promise<CliAnswer> => {
    const answer = await runWho(args, env);
    expect(`${answer.output}${answer.errors}`).not.toContain(token);
    return answer;
  };

  test('a repository, pull request, run or commit that is not there', async () => {
    const host = ['--host', stage.sandbox.url];
    const missing = [
      ['acme/nothing', '1'],
      [stage.repo, '#4711'],
      [stage.repo, '4711'],
      [stage.repo, 'run:4711'],
      [stage.repo, 'f'.repeat(40)],
    ];
    for (const args of missing) {
      const { status, output } = await refused([...args, ...host]);
      expect([args, status]).toEqual([args, 1]);
      expect(output).toMatch(
        /^NOT READ\n {2}forge-not-found: .*\n {2}There is none, or the token does not see it\.\n$/,
      );
    }
  });

  test('a private repository, with a token that does not see it', async () => {
    stage.sandbox.user('stranger');
    stage.sandbox.repo('acme/secret', { private: true, by: 'alice' });
    const env = { GH_TOKEN: stage.sandbox.user('stranger').token };
    const answer = await runWho(['acme/secret', '#1', '--host', stage.sandbox.url, '--json'], env);
    expect(answer.status).toBe(1);
    expect(JSON.parse(answer.output)).toMatchObject({ ok: false, problem: { code: 'forge-not-found' } });
    expect(answer.output).not.toContain(env.GH_TOKEN);
  });

  test('with a token that is none', async () => {
    const { status, output } = await refused([stage.repo, '1', '--host', stage.sandbox.url], {
      GITHUB_TOKEN: 'ghp_none',
    });
    expect([status, output]).toEqual([1, expect.stringMatching(/forge-forbidden: .*answered 401/)]);
    expect(output).not.toContain('ghp_none');
  });

  test('who may do what: it says all else, and that this is missing', async () => {
    stage.sandbox.faults.add({
      path: 'GET /repos/{owner}/{repo}/collaborators',
      when: 'before',
      times: 9,
      do: { status: 403, body: { message: 'Must have push access to view repository collaborators.' } },
    });
    const { status, output } = await who(`#${pull.number}`);
    stage.sandbox.faults.clear();
    expect(status).toBe(1);
    expect(output).toMatch(/could release it: not known/);
    expect(output).toMatch(/@alice had a part in the change/);
    expect(output).toMatch(/NOT READ: It could not be read who could release it: .*answered 403/);
  });

  test('a list that GitHub cuts: nothing is said rather than half of it', async () => {
    const next = `<${stage.sandbox.apiUrl}/x?page=2>; rel="next"`;
    stage.sandbox.faults.add({
      path: 'GET /repos/{owner}/{repo}/issues/{issue_number}/timeline',
      when: 'before',
      times: 1_000,
      do: { status: 200, body: [], headers: { link: next, 'content-type': 'application/json' } },
    });
    const { status, output } = await who(`#${pull.number}`);
    stage.sandbox.faults.clear();
    expect([status, output]).toEqual([1, expect.stringMatching(/^NOT READ\n {2}list-truncated: /)]);
  });

  test('anything when it is used wrongly: exit code 2, and GitHub is not asked', async () => {
    const before = stage.sandbox.requests.length;
    const host = ['--host', stage.sandbox.url];
    const wrong: readonly [args: readonly string[], env: Readonly<Record<string, string>>, expected: RegExp][] = [
      [[stage.repo, '#1', ...host], {}, /set GITHUB_TOKEN or GH_TOKEN/],
      [[stage.repo, '#1', ...host], { GITHUB_TOKEN: 'a\u001bb' }, /holds no token/],
      [[stage.repo, ...host], { GH_TOKEN: token }, /name one repository and one/],
      [['shop', '1', ...host], { GH_TOKEN: token }, /owner\/name/],
      [['../..', '1', ...host], { GH_TOKEN: token }, /owner\/name/],
      [[stage.repo, '0', ...host], { GH_TOKEN: token }, /by its number/],
      [[stage.repo, 'abc1234', ...host], { GH_TOKEN: token }, /by its SHA of 40 digits/],
      [[stage.repo, '#1', '--base', 'f'.repeat(40), ...host], { GH_TOKEN: token }, /a pull request has its own/],
      [[stage.repo, '1', '--base', 'main', ...host], { GH_TOKEN: token }, /--base: name a SHA/],
      [[stage.repo, 'f'.repeat(40), '--environment', 'x', ...host], { GH_TOKEN: token }, /only a run waits/],
      [[stage.repo, '1', '--host', 'http://ghe.test'], { GH_TOKEN: token }, /use https/],
      [[stage.repo, '1', '--host', 'https://u:p@ghe.test'], { GH_TOKEN: token }, /address of a GitHub alone/],
      [[stage.repo, '1', '--host', 'ftp://ghe.test'], { GH_TOKEN: token }, /address of a GitHub alone/],
      [[stage.repo, '1', '--person', '../x', ...host], { GH_TOKEN: token }, /--person: name a login/],
      [[stage.repo, '1', '--what', ...host], { GH_TOKEN: token }, /--what/],
    ];
    for (const [args, env, expected] of wrong) {
      const { status, output, errors } = await runWho(args, env);
      expect([args, status, output]).toEqual([args, 2, '']);
      expect(errors).toMatch(expected);
      expect(errors).not.toContain(token);
    }
    expect(stage.sandbox.requests.length).toBe(before);
  });
});
