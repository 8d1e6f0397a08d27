import type { Account } from '../core/actors/account.ts';
import type { RepositoryRef } from '../core/facts.ts';
import { because } from '../core/gate/reasons.ts';
import type { Ports } from '../core/ports.ts';
import { reasonFields } from '../core/record/bounded-lists.ts';
import { person, repositorySubject } from '../core/record/record-frame.ts';
import type { PolicyInForce } from './policy-in-force.ts';
import { head, policyFields, policyFiles, sealing } from './record-parts.ts';
import type { Sealing } from './seal.ts';

/** Records about what judges and what may be done: the policy in force, and the App's own access. */

export function policyChangedSealing(
  ports: Ports,
  ref: RepositoryRef,
  policy: PolicyInForce,
  beforeDigest: string | null,
  by: Account | null,
): Sealing {
  const fields = policyFields(policy);
  return sealing(
    `policy-changed/${fields.policyCommit ?? 'unreadable'}/${fields.policyDigest ?? 'unreadable'}`,
    () => ({
      predicate: {
        kind: 'policy-changed',
        ...head(ports, ref),
        ...fields,
        beforeDigest,
        beforeCommit: null,
        ...(by === null ? {} : { by: person(by) }),
      },
      subject: [repositorySubject({ repository: ref, sha256: ports.sha256 })],
      attachments: policyFiles(policy),
    }),
  );
}

/** @param change GitHub's own word for it, e.g. `new_permissions_accepted` */
export function installationSealing(ports: Ports, ref: RepositoryRef, change: string, by: Account | null): Sealing {
  return sealing(`installation/${change}/${ports.clock.now()}`, () => ({
    predicate: {
      kind: 'drift',
      ...head(ports, ref),
      what: 'installation',
      ...(by === null ? {} : { by: person(by) }),
      ...reasonFields([because('installation-changed', { what: change })]),
    },
    subject: [repositorySubject({ repository: ref, sha256: ports.sha256 })],
  }));
}
