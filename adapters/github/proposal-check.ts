import type { RepositoryRef } from '../../core/facts.ts';
import { ownerAndRepo } from './client.ts';
import { fitText } from './fit-text.ts';
import { createTransport, TIMEOUT_MS } from './transport.ts';
import { createSend } from './try-again.ts';
import type { TryOptions } from './try-again.ts';
import { createdSchema } from './wire/check.ts';
import { parseWire } from './wire/parse-wire.ts';

const MAX_SUMMARY = 65_535;
const MAX_TITLE = 255;

export interface ProposalCheck {
  /** Lower case; written by the requesting side. */
  readonly environment: string;
  readonly headSha: string;
  readonly title: string;
  /** Markdown, already escaped. */
  readonly summary: string;
}

export interface ProposalCheckOptions extends TryOptions {
  /** API base of the runner's own GitHub. */
  readonly baseUrl: string;
  /** GITHUB_TOKEN of the job, with `checks: write`. */
  readonly token: string;
}

/**
 * Publishes what a job proposes as a check run of the job's own token: for people to read, never a verdict, so its conclusion is
 * always `neutral`. Sent once.
 * @throws {GateError} ERR_FORGE_*; ERR_FORGE_FORBIDDEN without `checks: write`
 */
export async function publishProposalCheck(
  { baseUrl, token, ...options }: ProposalCheckOptions,
  repository: RepositoryRef,
  { environment, headSha, title, summary }: ProposalCheck,
): Promise<void> {
  const route = 'POST /repos/{owner}/{repo}/check-runs';
  const { data } = await createSend(options)(route, true, () =>
    createTransport(baseUrl, TIMEOUT_MS).rest(route, `bearer ${token}`, {
      ...ownerAndRepo(route, repository),
      name: `countersign proposal: ${environment}`,
      head_sha: headSha,
      status: 'completed',
      conclusion: 'neutral',
      output: { title: fitText(title, MAX_TITLE), summary: fitText(summary, MAX_SUMMARY) },
    }),
  );
  parseWire(createdSchema, data, route, 'unknown');
}
