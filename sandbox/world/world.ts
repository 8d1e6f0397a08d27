import { generateKeyPairSync } from 'node:crypto';

import { nodeId } from '../present/schemas.ts';
import type { AppOptions } from '../sandbox.ts';
import type { AppRecord, Emission, World } from '../state.ts';
import { accountOf, addAccount } from './accounts.ts';
import { ACTIONS_APP } from './run-engine.ts';

/** First id of each kind, about as large as GitHub's are now: runs, jobs and checks outgrew 32 bits. */
const FIRST_ID: Readonly<Record<string, number>> = {
  account: 120_000_001,
  repository: 900_000_001,
  run: 19_000_000_001,
  job: 41_000_000_001,
  check: 47_000_000_001,
  suite: 51_000_000_001,
  deployment: 3_000_000_001,
  'deployment-status': 6_000_000_001,
  environment: 9_000_000_001,
  review: 3_400_000_001,
  comment: 3_500_000_001,
  pull: 2_900_000_001,
  issue: 3_600_000_001,
  installation: 90_000_001,
  app: 2_000_001,
  workflow: 200_000_001,
};

export interface WorldParts {
  readonly url: string;
  readonly root: string;
  now(): number;
  emit(emission: Emission): void;
  changed(): void;
}

export function createWorld(parts: WorldParts): World {
  const counters = new Map<string, number>();
  const world: World = {
    ...parts,
    apiUrl: `${parts.url}/api/v3`,
    nextId: (kind) => {
      const next = (counters.get(kind) ?? (FIRST_ID[kind] ?? 1001) - 1) + 1;
      counters.set(kind, next);
      return next;
    },
    accounts: new Map(),
    orgs: new Map(),
    repos: new Map(),
    apps: new Map(),
    installations: new Map(),
    tokens: new Map(),
    idTokenRequests: new Map(),
    runs: new Map(),
    checks: new Map(),
    effectiveReleases: [],
    violations: [],
  };
  addAccount(world, 'ghost', 'User', { id: 10_137 });
  addAccount(world, 'web-flow', 'User', { id: 19_864_447, email: 'noreply@github.com' });
  addAccount(world, 'github-actions[bot]', 'Bot', { id: 41_898_282 });
  addApp(world, { slug: ACTIONS_APP, id: 15_368, webhookSecret: '', permissions: {}, events: [] }, false);
  return world;
}

/** Keys are made once a process and name: making one takes a tenth of a second. */
const keys = new Map<string, { readonly publicKey: AppRecord['publicKey']; readonly privateKeyPem: string }>();

/** Without a key the App can only be named (as the one through which something was done), not signed in. */
export function addApp(world: World, options: AppOptions, withKey = true): AppRecord {
  const known = world.apps.get(options.slug);
  if (known !== undefined) throw new TypeError(`the App ${options.slug} exists already`);
  const id = options.id ?? world.nextId('app');
  const key = withKey ? keyOf(options.slug) : { publicKey: null, privateKeyPem: '' };
  const app: AppRecord = {
    id,
    nodeId: nodeId('A', id),
    slug: options.slug,
    clientId: `Iv23sandbox${id}`,
    owner:
      options.owner === undefined
        ? addAccount(world, 'github', 'Organization', { id: 9919 })
        : accountOf(world, options.owner),
    bot: addAccount(world, `${options.slug}[bot]`, 'Bot'),
    ...key,
    permissions: { metadata: 'read', ...options.permissions },
    events: options.events,
    secret: options.webhookSecret,
    webhookUrl: options.webhookUrl ?? null,
    createdAt: world.now(),
  };
  world.apps.set(app.slug, app);
  return app;
}

/** An App by its slug; one that is not known is only named. */
export function appNamed(world: World, slug: string): AppRecord {
  return world.apps.get(slug) ?? addApp(world, { slug, webhookSecret: '', permissions: {}, events: [] }, false);
}

function keyOf(slug: string): { readonly publicKey: AppRecord['publicKey']; readonly privateKeyPem: string } {
  const known = keys.get(slug);
  if (known !== undefined) return known;
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const made = { publicKey, privateKeyPem: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString() };
  keys.set(slug, made);
  return made;
}
