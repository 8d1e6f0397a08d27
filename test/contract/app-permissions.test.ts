import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  CREATE_COMMIT,
  MORE_AUTHORS,
  MORE_PULLS,
  REVIEW_EDITS,
  WAITING_JOBS,
  commitsOperation,
} from '../../adapters/github/graphql-operations.ts';
import { INSTALLATION_ROUTES, REPOSITORY_ROUTES } from '../../adapters/github/routes.ts';
import { handledEvents } from '../../app/events/handled-events.ts';

const root = join(import.meta.dirname, '../..');
const level = z.enum(['read', 'write']);
type Needed = Readonly<Partial<Record<string, z.infer<typeof level>>>>;

const manifest = z
  .object({
    public: z.boolean(),
    hook_attributes: z.object({ url: z.string() }),
    default_permissions: z.record(z.string(), level),
    default_events: z.array(z.string()),
  })
  .parse(parse(readFileSync(join(root, 'app/app.yml'), 'utf8')));

/**
 * What GitHub asks for before it lets an App subscribe, from the descriptions of its webhook schemas. `null`: comes without
 * subscribing. Buttons and re-runs of check runs are sent to writers only.
 */
const EVENT_PERMISSIONS: Readonly<Record<string, Needed | null>> = {
  check_run: { checks: 'write' },
  deployment_protection_rule: { deployments: 'read' },
  deployment_review: { deployments: 'read' },
  deployment_status: { deployments: 'read' },
  installation: null,
  installation_repositories: null,
  issue_comment: { issues: 'read' },
  merge_group: { merge_queues: 'read' },
  pull_request: { pull_requests: 'read' },
  pull_request_review: { pull_requests: 'read' },
  push: { contents: 'read' },
  workflow_run: { actions: 'read' },
};

/** The most of what any of them needs. */
function union(all: Iterable<Needed>): Record<string, string> {
  const needed: Record<string, string> = {};
  for (const one of all) {
    for (const [name, wanted] of Object.entries(one)) {
      if (wanted !== undefined && needed[name] !== 'write') needed[name] = wanted;
    }
  }
  return needed;
}

describe('app.yml asks for what the code uses', () => {
  test('every permission is used by a call or an event, and none is missing', () => {
    const calls: Needed[] = [
      ...Object.values(REPOSITORY_ROUTES),
      ...Object.values(INSTALLATION_ROUTES),
      ...[WAITING_JOBS, CREATE_COMMIT, MORE_AUTHORS, MORE_PULLS, REVIEW_EDITS, commitsOperation(1)].map(
        (operation) => operation.permissions,
      ),
    ];
    const events = Object.values(EVENT_PERMISSIONS).filter((needed) => needed !== null);
    expect(calls.length).toBeGreaterThan(30);
    expect(manifest.default_permissions).toEqual(union([...calls, ...events]));
  });

  test('every route of the table is called somewhere, so that no permission is kept for a call that is gone', () => {
    const folder = join(root, 'adapters');
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('routes.ts'))
      .map((path) => readFileSync(join(folder, path), 'utf8'));
    expect(sources.length).toBeGreaterThan(5);
    const routes = [...Object.keys(REPOSITORY_ROUTES), ...Object.keys(INSTALLATION_ROUTES)];
    const uncalled = routes.filter((route) => !sources.some((text) => text.includes(`'${route}'`)));
    expect(uncalled).toEqual([]);
  });

  test('the events are those that are handled', () => {
    expect(Object.keys(EVENT_PERMISSIONS).toSorted()).toEqual([...handledEvents.keys()].toSorted());
    const subscribed = [...handledEvents.keys()].filter((event) => EVENT_PERMISSIONS[event] !== null);
    expect(manifest.default_events.toSorted()).toEqual(subscribed.toSorted());
  });

  test('there is no administration permission: with it the App could edit the rules that protect its evidence', () => {
    expect(Object.keys(manifest.default_permissions)).not.toContain('administration');
  });

  test('the App is private and names the path at which webhooks are served', () => {
    expect(manifest.public).toBe(false);
    expect(new URL(manifest.hook_attributes.url).pathname).toBe('/api/github/webhooks');
  });
});
