import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The body that is sent, with a run id of its own in each copy, so that no two are duplicates. */
export interface DeliveryTemplate {
  readonly source: string;
  /** Number n of the copies; all have one length. */
  readonly copy: (n: number) => string;
}

const NAME = 'deployment_protection_rule.requested.json';
const FIRST_RUN = 10_000_000_000;
const GENERATED_BYTES = 27 * 1024;

/** GitHub's real delivery where the shared folder is there, otherwise one of the same size. */
export function deliveryTemplate(): DeliveryTemplate {
  const shared = process.env['COUNTERSIGN_SHARED'] ?? join(import.meta.dirname, '../../../shared');
  const path = join(shared, 'payloads', NAME);
  const found = existsSync(path);
  const [before = '', after = ''] = (found ? readFileSync(path, 'utf8') : generated()).split(
    /(?<=\/actions\/runs\/)\d+(?=\/deployment_protection_rule")/,
  );
  return {
    source: found
      ? `the real ${NAME} of the shared folder`
      : 'a generated body of 27 KB (the shared data folder is missing)',
    copy: (n) => `${before}${FIRST_RUN + n}${after}`,
  };
}

function generated(): string {
  return JSON.stringify({
    action: 'requested',
    environment: 'production',
    deployment_callback_url: 'http://127.0.0.1/api/v3/repos/acme/shop/actions/runs/1/deployment_protection_rule',
    repository: { id: 34, full_name: 'acme/shop' },
    installation: { id: 12 },
    filler: Array.from({ length: GENERATED_BYTES / 64 }, (_, n) => ({ url: `${n}`.padEnd(50, 'x') })),
  });
}
