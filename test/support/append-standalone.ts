import { mkdirSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gitBranch } from '../../adapters/evidence-branch/git-branch.ts';
import { evidenceLog } from '../../adapters/evidence-branch/writer.ts';
import { openGitStore } from '../../adapters/git-store/open-git-store.ts';
import { GitClone } from '../../adapters/git/git-clone.ts';
import { randomIds, systemClock } from '../../adapters/clock.ts';
import { sha256, sha512, verify } from '../../adapters/signing/node-crypto.ts';
import { loadSigningKeys } from '../../adapters/signing/signing-keys.ts';
import { storeKey } from '../../adapters/signing/store-key.ts';
import type { Signer } from '../../core/ports.ts';
import { recordBytes } from './evidence-log.ts';
import { evidenceBranch } from './evidence-repository.ts';

/**
 * One job that writes the log by itself: `append-standalone.ts <url> <folder> <number> <records>`, with the keys in the
 * environment (PREVIOUS_KEYS: those that they replace). It prints one line of JSON for every checkpoint that it is about to sign, and for every record once it is sealed.
 */
const [, , url = '', folder = '', job = '', count = ''] = process.argv;
const pem = process.env['SIGNING_KEYS'] ?? '';
const keys = loadSigningKeys(pem);
if (!keys.ok) throw new TypeError(keys.issue);
const previousPem = process.env['PREVIOUS_KEYS'];
const previous = previousPem === undefined ? null : loadSigningKeys(previousPem);
if (previous?.ok === false) throw new TypeError(previous.issue);
mkdirSync(folder);

const say = (line: unknown): void => {
  writeSync(1, `${JSON.stringify(line)}\n`);
};
const telling = (signer: Signer): Signer => ({
  ...signer,
  sign: (message) => {
    say({ signs: Buffer.from(message).toString('utf8') });
    return signer.sign(message);
  },
});

const repository = { host: 'github.com', installationId: 1, id: 67_890 };
const clone = new GitClone(folder, { url, token: null }, systemClock);
// A push to this machine takes less than half of one to GitHub, for which the pauses are made.
const patience = { wait: (ms: number) => sleep(ms / 2), random: Math.random };
const store = openGitStore({
  clone,
  ref: 'refs/countersign/log',
  owner: 'github.com/67890',
  key: storeKey(pem),
  previousKey: previousPem === undefined ? null : storeKey(previousPem),
  clock: systemClock,
  ...patience,
  patienceMs: 60_000,
  push: 'together',
});
const branch = gitBranch(clone, evidenceBranch, store);
const log = evidenceLog({
  branchOf: () => Promise.resolve(branch),
  store: store.logs,
  signers: { record: keys.value.record, checkpoint: telling(keys.value.checkpoint) },
  previousSigners: previous?.value ?? null,
  clock: systemClock,
  ids: randomIds,
  sha256,
  sha512,
  verify,
  ...patience,
  pausesForOthers: 3,
});
for (let number = 0; number < Number(count); number += 1) {
  const bytes = recordBytes('heartbeat', { job, number }, Number(job) * 100 + number, repository);
  const [sealed] = await log.append({ ...repository, owner: 'acme', name: 'shop' }, [{ bytes, attachments: [] }]);
  say({ sealed });
}
