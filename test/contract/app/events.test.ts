import { describe, expect, test } from 'vitest';
import { handledEvents } from '../../../app/events/handled-events.ts';
import { taskSchema } from '../../../flow/task.ts';
import { payloads, repositoryRef, sha } from './payloads.ts';

const context = {
  host: 'github.com',
  deliveryId: 'd-1',
  appId: 7,
  evidenceBranch: 'countersign-evidence',
  receivedAt: '2026-11-21T04:33:12.123Z',
};

function tasksOf(event: string, payload: unknown): unknown {
  return handledEvents.get(event)?.toTasks(payload, context);
}

const repository = repositoryRef;
const kim = { id: 11, login: 'kim', type: 'User' };

describe('what each delivery leads to', () => {
  const zeros = '0'.repeat(40);
  const rows: readonly (readonly [string, string, unknown, readonly unknown[]])[] = [
    [
      'a protection rule asks: the run of the callback path',
      'deployment_protection_rule',
      payloads.protectionRule(),
      [{ kind: 'run', repository, runId: 1234 }],
    ],
    [
      'a deployment review: its run',
      'deployment_review',
      payloads.inRepository({ action: 'approved', workflow_run: { id: 1234 } }),
      [{ kind: 'run', repository, runId: 1234 }],
    ],
    [
      'a run ends: the run',
      'workflow_run',
      payloads.inRepository({ action: 'completed', workflow_run: { id: 1234 } }),
      [{ kind: 'run', repository, runId: 1234 }],
    ],
    [
      'a deployment status of a run: the run',
      'deployment_status',
      payloads.inRepository({ action: 'created', workflow_run: { id: 1234 } }),
      [{ kind: 'run', repository, runId: 1234 }],
    ],
    [
      'a deployment status that somebody invented: a sweep, whatever its URLs say',
      'deployment_status',
      payloads.inRepository({
        action: 'created',
        deployment_status: { log_url: 'https://host.example/acme/shop/actions/runs/66/job/1' },
      }),
      [{ kind: 'sweep', repository }],
    ],
    [
      'a pull request is pushed to: the pull request and the check of its head',
      'pull_request',
      payloads.inRepository({ action: 'synchronize', before: zeros, pull_request: { number: 5, head: { sha } } }),
      [
        { kind: 'pull-request', repository, number: 5 },
        { kind: 'check', repository, headSha: sha },
      ],
    ],
    [
      'a review is dismissed: the pull request',
      'pull_request_review',
      payloads.inRepository({ action: 'dismissed', pull_request: { number: 5 } }),
      [{ kind: 'pull-request', repository, number: 5 }],
    ],
    [
      'a command: the comment as created',
      'issue_comment',
      payloads.comment('/countersign approve K3M9QX2T'),
      [
        {
          kind: 'comment',
          repository,
          issueNumber: 5,
          commentId: 99,
          author: kim,
          viaApp: null,
          body: '/countersign approve K3M9QX2T',
          at: '2026-11-21T04:33:10Z',
        },
      ],
    ],
    ['talk: nothing', 'issue_comment', payloads.comment('we could /countersign this'), []],
    [
      'an edited command: nothing',
      'issue_comment',
      { ...payloads.comment('/countersign approve K3M9QX2T'), action: 'edited' },
      [],
    ],
    [
      'a button of ours: the button with its presser',
      'check_run',
      payloads.checkRun({ action: 'requested_action', requested_action: { identifier: 'approve:K3M9QX2T' } }),
      [
        {
          kind: 'button',
          repository,
          deliveryId: 'd-1',
          checkRunId: 55,
          externalId: 'e'.repeat(64),
          identifier: 'approve:K3M9QX2T',
          actor: kim,
          at: context.receivedAt,
        },
      ],
    ],
    [
      "another App's button: nothing",
      'check_run',
      payloads.checkRun({ action: 'requested_action', requested_action: { identifier: 'approve:K3M9QX2T' } }, 8),
      [],
    ],
    [
      'our check is asked for again: the check',
      'check_run',
      payloads.checkRun({ action: 'rerequested' }),
      [{ kind: 'check', repository, headSha: sha }],
    ],
    [
      "a deployment's check is asked for again: a sweep, since it names no run",
      'check_run',
      payloads.checkRun({ action: 'rerequested' }, 7, 'countersign deploy: production'),
      [{ kind: 'sweep', repository }],
    ],
    [
      "another App's check is asked for again: nothing",
      'check_run',
      payloads.checkRun({ action: 'rerequested' }, 8),
      [],
    ],
    [
      'a push to the evidence branch: judge it',
      'push',
      payloads.push('refs/heads/countersign-evidence'),
      [{ kind: 'evidence', repository }],
    ],
    [
      'the evidence branch is deleted: judge it',
      'push',
      { ...payloads.push('refs/heads/countersign-evidence'), deleted: true, after: zeros },
      [{ kind: 'evidence', repository }],
    ],
    [
      'a push to the default branch: the policy may have changed',
      'push',
      payloads.push('refs/heads/main'),
      [{ kind: 'policy', repository, before: zeros, after: sha, actor: kim }],
    ],
    [
      'a push by somebody of unknown shape: still looked at',
      'push',
      { ...payloads.push('refs/heads/main'), sender: { login: '' } },
      [{ kind: 'policy', repository, before: zeros, after: sha, actor: null }],
    ],
    ['a push to another branch: nothing', 'push', payloads.push('refs/heads/feature'), []],
    [
      'a tag with the name of the evidence branch: nothing',
      'push',
      payloads.push('refs/tags/countersign-evidence'),
      [],
    ],
    [
      'a merge queue asks: its commit',
      'merge_group',
      payloads.inRepository({ action: 'checks_requested', merge_group: { head_sha: sha } }),
      [{ kind: 'merge-group', repository, headSha: sha }],
    ],
    [
      'we are installed: a record and a sweep for each repository',
      'installation',
      payloads.installation({ action: 'created', repositories: [{ id: 34, full_name: 'acme/shop' }] }),
      [
        { kind: 'installation', repository, change: 'created', actor: kim },
        { kind: 'sweep', repository },
      ],
    ],
    [
      'we are removed from a repository: only a record, nothing can be read any more',
      'installation_repositories',
      payloads.installation({
        action: 'removed',
        repositories_added: [],
        repositories_removed: [{ id: 34, full_name: 'acme/shop' }],
      }),
      [{ kind: 'installation', repository, change: 'removed', actor: kim }],
    ],
    [
      'we are suspended and GitHub lists nothing: nothing',
      'installation',
      payloads.installation({ action: 'suspend' }),
      [],
    ],
    ['an action that does not concern us: nothing', 'pull_request', payloads.inRepository({ action: 'assigned' }), []],
  ];

  test.each(rows)('%s', (_title, event, payload, expected) => {
    const tasks = tasksOf(event, payload);
    expect(tasks).toEqual(expected);
    for (const task of expected) expect(taskSchema.safeParse(task).success).toBe(true);
  });

  test('every handled event has a row', () => {
    expect(new Set(rows.map(([, event]) => event))).toEqual(new Set(handledEvents.keys()));
  });
});

describe('what cannot be used is said to be so, by field', () => {
  const rows: readonly (readonly [string, string, unknown, string])[] = [
    ['no action', 'pull_request', payloads.inRepository({}), 'action'],
    ['no body at all', 'deployment_protection_rule', 'text', 'action'],
    [
      'only what the schema of GitHub requires',
      'deployment_protection_rule',
      { action: 'requested', repository: { id: 34, full_name: 'acme/shop' }, sender: kim },
      'installation, deployment_callback_url',
    ],
    [
      'a repository name that would leave its place in a path',
      'workflow_run',
      {
        ...payloads.inRepository({ action: 'requested', workflow_run: { id: 1 } }),
        repository: { id: 34, full_name: 'acme/..' },
      },
      'repository.full_name',
    ],
    [
      'a callback of another repository (C60)',
      'deployment_protection_rule',
      payloads.protectionRule(
        'https://api.host.example/repos/victim/shop/actions/runs/1234/deployment_protection_rule',
      ),
      'deployment_callback_url names another repository',
    ],
    [
      'a button without external id',
      'check_run',
      payloads.checkRun(
        { action: 'requested_action', requested_action: { identifier: 'approve:X' } },
        7,
        'countersign',
        null,
      ),
      'check_run.external_id',
    ],
    ['a button without identifier', 'check_run', payloads.checkRun({ action: 'requested_action' }), 'requested_action'],
    [
      'a command by somebody other than the sender',
      'issue_comment',
      { ...payloads.comment('/countersign status'), sender: { id: 12, login: 'lee', type: 'User' } },
      'sender',
    ],
    [
      'a command over the limit',
      'issue_comment',
      payloads.comment(`/countersign ${'x'.repeat(65_536)}`),
      'comment.body',
    ],
    [
      'a review body under the name of another event (the name is not signed)',
      'deployment_review',
      payloads.inRepository({ action: 'approved', pull_request: { number: 5 } }),
      'workflow_run',
    ],
  ];

  test.each(rows)('%s', (_title, event, payload, fields) => {
    expect(tasksOf(event, payload)).toEqual({ unusable: fields });
  });
});

describe('the callback URL is read for its path only (C59)', () => {
  test('any host leads to the same run, and the task names none', () => {
    const foreign = 'https://attacker.example/repos/acme/shop/actions/runs/1234/deployment_protection_rule';
    expect(tasksOf('deployment_protection_rule', payloads.protectionRule(foreign))).toEqual([
      { kind: 'run', repository, runId: 1234 },
    ]);
  });

  test.each([
    'https://api.host.example/repos/acme/shop/actions/runs/0/deployment_protection_rule',
    'https://api.host.example/repos/acme/shop/actions/runs/99999999999999999/deployment_protection_rule',
    'https://api.host.example/repos/acme/shop/actions/runs/1234/deployment_protection_rule?x=1',
    'https://api.host.example/repos/acme/shop/actions/runs/1234/../5/deployment_protection_rule',
    'https://api.host.example/x?/repos/acme/shop/actions/runs/1234/deployment_protection_rule',
    'https://api.host.example/x#/repos/acme/shop/actions/runs/1234/deployment_protection_rule',
    'file:///repos/acme/shop/actions/runs/1234/deployment_protection_rule',
    ' https://api.host.example/repos/acme/shop/actions/runs/1234/deployment_protection_rule',
    '',
  ])('refuses %j', (url) => {
    expect(tasksOf('deployment_protection_rule', payloads.protectionRule(url))).toEqual({
      unusable: 'deployment_callback_url',
    });
  });
});
