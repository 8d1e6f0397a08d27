import { GateError } from '../../core/errors.ts';
import type { GitAnswer } from './git-command.ts';

/** What a push came to, once the server had answered. */
export type PushOutcome =
  | 'done'
  /** Somebody else moved the ref first, or the server said no for a reason that only reading again can tell. */
  | 'refused';

/**
 * Reads the answer of `git push --porcelain`. A lost race has two shapes: git itself sees that the ref is not where the lease
 * says (`[rejected] (stale info)`), or the server finds it out while it takes the lock (`[remote rejected]`). A rule that
 * protects the ref is `[remote rejected]` too, so no words are asked: whoever pushed reads again.
 * @throws {GateError} as `gitFailure`
 */
export function pushOutcome(answer: GitAnswer): PushOutcome {
  if (answer.exitCode === 0) return 'done';
  // A status line for the ref stands there only once the server's refs were seen or its answer came.
  if (/^!\t[^\t\n]*\t\[(?:remote )?rejected\]/m.test(answer.stdout)) return 'refused';
  throw gitFailure(answer, 'a push', 'unknown');
}

/** @param what phrase of ours; git's own words stay here */
export function gitFailure({ stderr }: GitAnswer, what: string, effect: 'none' | 'unknown'): GateError {
  if (/\b403\b|Permission to .* denied|Write access to repository not granted/i.test(stderr)) {
    return new GateError(
      'ERR_LOG_REFUSED',
      `${what} was refused: the token lacks "contents: write" or a rule forbids it`,
    );
  }
  if (/\b401\b|Authentication failed|could not read (?:Username|Password)/i.test(stderr)) {
    return new GateError('ERR_FORGE_FORBIDDEN', `${what} was refused: the token is not accepted by git`);
  }
  if (/\b404\b|Repository not found|does not appear to be a git repository/i.test(stderr)) {
    return new GateError('ERR_FORGE_NOT_FOUND', `${what} failed: the repository is not there, or not for this token`);
  }
  return new GateError('ERR_FORGE_UNAVAILABLE', `${what} failed: no usable answer from git or its server`, { effect });
}
