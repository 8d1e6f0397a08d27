import { signStatement } from '../../adapters/sigstore/sign-statement.ts';
import { startSigstore } from '../../sandbox/sigstore/sigstore.ts';
import type { Sigstore } from '../../sandbox/sigstore/sigstore.ts';
import type { JobSpec } from '../../sandbox/sandbox.ts';
import { askedBy } from './held-deployment.ts';
import { idTokenOf } from './id-token.ts';
import { runAction } from './runner/run-action.ts';
import type { ActionRun, Permissions } from './runner/run-action.ts';
import { AGENT } from './stage.ts';
import { DECIDE, openStandaloneStage } from './standalone-stage.ts';
import type { StandaloneRun, StandaloneStage } from './standalone-stage.ts';

/** A public repository without the App whose policy asks for the deciding workflow's own signature, and a Sigstore that gives it. */
export interface AttestedStage extends StandaloneStage {
  readonly sigstore: Sigstore;
  /** `owner/name/.github/workflows/file@sha`: what the policy trusts. */
  readonly workflow: string;
  /** Writes the policy anew with these lines under `attested`, and the root file. */
  trustAttested(change?: { readonly workflow?: string; readonly root?: string; readonly more?: string }): Promise<void>;
  /** A run that dave has approved: its deciding job has begun. */
  approved(options?: { readonly workflow?: string }): Promise<StandaloneRun>;
  /** The committed bundle decides and attests, as a runner runs it. */
  attest(run: StandaloneRun, given?: AttestGiven): Promise<ActionRun>;
  /** The committed bundle's gate, in the same attempt. */
  gateWith(run: StandaloneRun, attestation: string, given?: AttestGiven): Promise<ActionRun>;
  /** The same in this process: the bundle, and the code of the reason that decided. */
  attestHere(run: StandaloneRun): Promise<{ readonly bundle: string; readonly code: string | undefined }>;
  /** What a job gets that signs any bytes by itself: its certificate says which job it was. */
  signAs(runId: number, job: string, statement: Uint8Array): Promise<string>;
  /** Variables of a job that may ask for an OIDC token, for a mode in this process. */
  idTokenEnv(runId: number, job: string): Readonly<Record<string, string>>;
}

interface AttestGiven {
  readonly permissions?: Permissions;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly temp?: string;
}

const ROOT = '.github/sigstore.jsonl';
const READING: Permissions = { contents: 'read' };
export const ATTESTING: Permissions = { ...DECIDE, attestations: 'write', 'id-token': 'write' };

export async function openAttestedStage(): Promise<AttestedStage> {
  const world = await openStandaloneStage({ isPrivate: false });
  const { sandbox, repo, workspace } = world;
  const sigstore = await startSigstore(sandbox);
  const workflow = `countersign/countersign/.github/workflows/countersign.yml@${'c'.repeat(40)}`;
  const policy = sandbox.file(repo, 'main', '.github/countersign.yml') ?? '';

  const trustAttested: AttestedStage['trustAttested'] = async (change = {}) => {
    const lines = [
      '  attested:',
      `    workflow: ${change.workflow ?? workflow}`,
      `    root: ${ROOT}`,
      ...(change.more === undefined ? [] : [change.more]),
      `  sigstore: { fulcio-url: '${sigstore.url}', rekor-url: '${sigstore.url}', tsa-url: '${sigstore.url}' }`,
    ];
    const files = {
      '.github/countersign.yml': `${policy}${lines.join('\n')}\n`,
      [ROOT]: change.root ?? `${sigstore.trustedRoot()}\n`,
    };
    await sandbox.as('alice').commit(repo, 'main', { files, message: 'Say who must have signed' });
  };
  await trustAttested();
  let changes = 0;

  const idTokenEnv: AttestedStage['idTokenEnv'] = (runId, job) => {
    const { url, token } = sandbox.idTokenRequest(runId, job);
    return { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token };
  };
  const given = (run: StandaloneRun, job: string) => ({ sandbox, repo, runId: run.runId, job, workspace });
  return {
    ...world,
    sigstore,
    workflow,
    trustAttested,
    approved: async (options = {}) => {
      changes += 1;
      const files = { 'infra/main.tf': `# by the agent, change ${changes}\n` };
      const { sha } = await sandbox.as(AGENT).commit(repo, 'main', { files, message: askedBy(world, 'carol') });
      const ref = options.workflow ?? workflow;
      const jobs: readonly JobSpec[] = [
        {
          name: 'decide',
          environment: 'countersign',
          manual: true,
          calledWorkflow: { ref, sha: ref.split('@')[1] ?? '' },
        },
        // Beside the deciding job, so that a test can look through the gate's eyes at any moment.
        { name: 'deploy', environment: 'production', manual: true },
      ];
      const run = await sandbox.as('carol').dispatch(repo, { name: 'Deploy', jobs }, { ref: 'main' });
      const number = await world.askForReview({ runId: run.id, sha });
      await sandbox.as('dave').review(repo, number, { state: 'APPROVED' });
      return { runId: run.id, sha };
    },
    attest: (run, { permissions = ATTESTING, inputs = {}, ...more } = {}) =>
      runAction({
        ...given(run, 'decide'),
        ...more,
        permissions,
        inputs: {
          mode: 'decide',
          environment: 'production',
          proposal: 'none',
          'signing-key': world.signingKeys,
          attest: 'own',
          ...inputs,
        },
      }),
    gateWith: (run, attestation, { permissions = READING, inputs = {} } = {}) =>
      runAction({
        ...given(run, 'deploy'),
        permissions,
        inputs: { environment: 'production', 'wait-seconds': '0', attestation, ...inputs },
      }),
    signAs: async (runId, job, statement) => {
      const instance = { fulcioUrl: sigstore.url, rekor: { url: sigstore.url, version: 1 as const }, tsaUrl: null };
      return signStatement(statement, instance, await idTokenOf(sandbox, runId, job));
    },
    attestHere: async (run) => {
      const env = idTokenEnv(run.runId, 'decide');
      const said = await world.decide(run, { inputs: { attest: 'own' }, env, permissions: ATTESTING });
      return { bundle: said.attestation ?? '', code: said.code };
    },
    idTokenEnv,
    close: async () => {
      await sigstore.close();
      await world.close();
    },
  };
}
