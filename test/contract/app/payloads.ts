import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Small payloads of the shape that GitHub sends, with fields beside those that are read. */

export const sha = 'a'.repeat(40);
export const repositoryRef = { host: 'github.com', installationId: 12, id: 34, owner: 'acme', name: 'shop' };

const kim = { id: 11, login: 'kim', type: 'User', site_admin: false };
const repository = { id: 34, full_name: 'acme/shop', private: true, default_branch: 'main' };
const app = { sender: kim, installation: { id: 12, node_id: 'x' } };

const callback = 'https://api.host.example/repos/acme/shop/actions/runs/1234/deployment_protection_rule';

export const payloads = {
  inRepository: (fields: object): object => ({ ...app, repository, ...fields }),
  protectionRule: (url = callback): object => ({
    ...app,
    repository,
    action: 'requested',
    environment: 'production',
    deployment_callback_url: url,
  }),
  comment: (body: string): object => ({
    ...app,
    repository,
    action: 'created',
    issue: { number: 5, pull_request: {} },
    comment: { id: 99, user: kim, body, created_at: '2026-11-21T04:33:10Z', performed_via_github_app: null },
  }),
  checkRun: (fields: object, appId = 7, name = 'countersign', externalId: string | null = 'e'.repeat(64)): object => ({
    ...app,
    repository,
    check_run: { id: 55, name, head_sha: sha, external_id: externalId, app: { id: appId, slug: 'x' } },
    ...fields,
  }),
  push: (ref: string): object => ({ ...app, repository, ref, before: '0'.repeat(40), after: sha, created: true }),
  installation: (fields: object): object => ({ ...app, ...fields }),
};

/** Text of a real delivery that lies beside the project, or null with a line that says so. */
export function realDelivery(name: string): string | null {
  const shared = process.env['COUNTERSIGN_SHARED'] ?? join(import.meta.dirname, '../../../../shared');
  const path = join(shared, 'payloads', name);
  if (existsSync(path)) return readFileSync(path, 'utf8');
  console.warn(`shared data folder not present: ${name} was not checked`);
  return null;
}
