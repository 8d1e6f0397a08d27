import * as core from '@actions/core';
import type { Because } from '../core/gate/decision.ts';
import { spellOut, visible } from '../core/gate/reason.ts';
import { because, explain, REASONS } from '../core/gate/reasons.ts';
import { escapeMarkdown, fit } from '../flow/markdown.ts';
import { ActionFailure } from './failure.ts';
import type { OutputName } from './io.ts';
import type { StateName, Verdict } from './verdict.ts';

/*
 * The only file that talks to the runner. What it prints may quote names that others chose: a line that begins with `::`
 * would be obeyed as a command, so none of theirs ever does.
 */

/** The runner drops a longer summary without a word. */
const MOST_SUMMARY_CHARACTERS = 250_000;

const HEADLINES: Readonly<Partial<Record<string, string>>> = {
  release: 'Countersigned: this may run',
  hold: 'Held: this does not run',
  reject: 'Rejected: this does not run',
  verified: 'The evidence verifies',
  'not-verified': 'The evidence does not verify',
  proposed: 'Proposed',
};

/**
 * Says what was found: outputs, job summary, log, and on failure an annotation and exit code 1. The exit code is set first, so
 * that a failure to tell never becomes a pass.
 */
export async function report(verdict: Verdict, passed: boolean): Promise<void> {
  const [first] = verdict.because;
  if (!passed) {
    process.exitCode = Math.max(1, verdict.exitCode ?? 1);
    // In the log before anything is written to the runner's files, which may be what is broken.
    for (const each of verdict.because) print(`${each.code}: ${tell(each)}`);
    if (first !== undefined) core.error(tell(first), { title: `Countersign: ${REASONS[first.code].title}` });
  }
  setOutput('decision', verdict.decision);
  setOutput('reason', first?.code ?? '');
  setOutput('reviewers', (verdict.reviewers ?? []).join(','));
  setOutput('record', verdict.record === undefined ? '' : String(verdict.record));
  setOutput('record-url', verdict.recordUrl ?? '');
  setOutput('checkpoint', verdict.checkpoint ?? '');
  setOutput('proposal', verdict.proposal ?? '');
  setOutput('attestation', verdict.attestation ?? '');
  if (passed) for (const each of verdict.because) print(`${each.code}: ${visible(explain(each))}`);
  await writeSummary(summaryOf(verdict, passed));
}

/** A warning annotation. */
export function warn(reason: Because): void {
  core.warning(tell(reason), { title: `Countersign: ${REASONS[reason.code].title}` });
}

/** One line into the log, without anything that the runner would obey. */
export function print(line: string): void {
  core.info(inert(line));
}

/** Hides every line of a secret, of any length: the runner masks line by line. */
export function mask(secret: string): void {
  for (const line of secret.split(/\r\n|\r|\n/)) {
    if (line.trim() !== '') core.setSecret(line.trim());
  }
}

export function keep(name: StateName, value: string): void {
  writing('STATE', () => core.saveState(name, value));
}

export function kept(name: StateName): string {
  return core.getState(name);
}

/** Text in which the runner finds no command: neither `::name::` at the start nor the old `##[name]` anywhere. */
export function inert(text: string): string {
  return text
    .replaceAll(/[^\P{C}\t]/gu, spellOut)
    .replaceAll('##[', '## [')
    .replace(/^\s*::/, ': :');
}

/** The summary's Markdown: one headline, why, what the mode adds. */
export function summaryOf(verdict: Verdict, passed: boolean): string {
  const failedCommand = verdict.exitCode === undefined ? undefined : 'Countersigned, and the command failed';
  const headline = failedCommand ?? HEADLINES[verdict.decision] ?? verdict.decision;
  const reasons = verdict.because.map((each) =>
    passed
      ? escapeMarkdown(explain(each))
      : `**${REASONS[each.code].title}** (\`${each.code}\`). ${escapeMarkdown(explain(each))}\n\n_What to do:_ ${REASONS[each.code].wayOut}`,
  );
  const { record, recordUrl } = verdict;
  // On success the mode's own table has it.
  const about = passed || recordUrl === undefined ? [] : [`Record: [${record ?? 'the newest'}](${recordUrl})`];
  const blocks = [`## ${passed ? '✅' : '⛔'} ${headline}`, ...reasons, ...about, ...(verdict.summary ?? [])];
  return fit(`${blocks.join('\n\n')}\n`, MOST_SUMMARY_CHARACTERS);
}

async function writeSummary(markdown: string): Promise<void> {
  // A runner without job summaries is no reason to fail.
  if ((process.env['GITHUB_STEP_SUMMARY'] ?? '') === '') return;
  try {
    await core.summary.addRaw(markdown).write();
  } catch {
    // Nor is one that cannot be written: what it says stands in the log, and the approved command may have run.
    warn(because('runner-context-unusable', { what: 'the file that GITHUB_STEP_SUMMARY names' }));
  }
}

function tell(reason: Because): string {
  return `${visible(explain(reason))} ${REASONS[reason.code].wayOut}`;
}

function setOutput(name: OutputName, value: string): void {
  writing('OUTPUT', () => core.setOutput(name, value));
}

/** What the steps that follow are told must reach them. @throws {ActionFailure} `runner-context-unusable` */
function writing(file: 'OUTPUT' | 'STATE', write: () => void): void {
  try {
    write();
  } catch {
    throw new ActionFailure(because('runner-context-unusable', { what: `the file that GITHUB_${file} names` }));
  }
}
