import { expect } from 'vitest';
import { REASONS } from '../../../core/gate/reasons.ts';
import type { ActionRun } from './run-action.ts';

/** Everything that the Action has to refuse, whatever the mode: "Bad input" of its task, line by line. */
export const BAD_INPUT = [
  'missing permissions',
  'missing OIDC',
  'a pull request of a fork',
  'a plan of the wrong format',
  'a state file',
  'a truncated plan',
  'a plan in UTF-16',
  'noise of the setup-terraform wrapper',
  'an unknown mode',
  'no evidence branch',
  'a key that does not match',
  'the network down: nobody listens',
  'the network down: the name cannot be resolved',
  'the network down: a reset in the middle of an answer',
  'the network down: no TLS where it should be',
  'a GitHub that hangs',
  'a GitHub that drips',
  'an App that hangs',
  'an OIDC endpoint that hangs',
  'a git server that hangs',
] as const;
export type BadInput = (typeof BAD_INPUT)[number];

export type ReasonCode = keyof typeof REASONS;

/** How a mode is given the bad input, and the reason that it must refuse it with. */
export interface Refusal<Given> {
  readonly given: Given;
  readonly code: ReasonCode;
  /** Part of what it says. */
  readonly says?: string;
}

/** Mode × bad input, without a gap: a text says why a pair makes no sense. */
export type BadInputTable<Mode extends string, Given> = Readonly<
  Record<BadInput, Readonly<Record<Mode, Refusal<Given> | string>>>
>;

/** The pairs of one bad input that can be run, as rows for `test.each`. */
export function refusalsOf<Mode extends string, Given>(
  table: BadInputTable<Mode, Given>,
  bad: BadInput,
  modes: readonly Mode[],
): readonly (Required<Refusal<Given>> & { readonly mode: Mode })[] {
  return modes.flatMap((mode) => {
    const cell: Refusal<Given> | string = table[bad][mode];
    if (typeof cell === 'string') return [];
    const { given, code, says = '' } = cell;
    return [{ mode, given, code, says }];
  });
}

/** The step failed with this reason, says so where people look and what to do, and shows no secret. */
export function expectRefused(run: ActionRun, code: ReasonCode, says = ''): void {
  const { exitCode, outputs, annotations, leaks } = run;
  expect({ exitCode, reason: outputs['reason'], leaks }).toEqual({ exitCode: 1, reason: code, leaks: [] });
  expect(['hold', 'not-verified']).toContain(outputs['decision']);
  const { title, wayOut } = REASONS[code];
  expect(annotations.filter(({ level }) => level === 'error')).toEqual([
    { level: 'error', title: `Countersign: ${title}`, message: expect.stringContaining(wayOut) },
  ]);
  expect(annotations[0]?.message).toContain(says);
  expect(run.summary).toContain(`_What to do:_ ${wayOut}`);
}

/** The closing step never fails a job that is over: it warns with this reason, and shows no secret. */
export function expectWarned({ exitCode, annotations, leaks }: ActionRun, code: ReasonCode): void {
  const { title, wayOut } = REASONS[code];
  const warning = { level: 'warning', title: `Countersign: ${title}`, message: expect.stringContaining(wayOut) };
  expect({ exitCode, annotations, leaks }).toEqual({ exitCode: 0, annotations: [warning], leaks: [] });
}
