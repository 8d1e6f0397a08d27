import { describe, expect, test } from 'vitest';
import { approvedSubjects, checkSubjects } from '../../../action/approved-subjects.ts';
import { ActionFailure } from '../../../action/failure.ts';
import { utf8 } from '../../../core/evidence/bytes.ts';
import type { ProposedSubject } from '../../../core/proposal.ts';

const code = (check: () => unknown): string => {
  try {
    check();
    return 'approved';
  } catch (error) {
    if (error instanceof ActionFailure) return error.because.code;
    throw error;
  }
};
const plan = (fields: Partial<ProposedSubject> = {}): ProposedSubject => ({
  kind: 'plan',
  name: 'infra/tf.plan',
  sha256: 'a'.repeat(64),
  ...fields,
});
const proposal = { environment: 'production', subjects: [plan()], findings: [], moreFindings: 0, reason: '' };

// C42: the approved plan is the plan that is applied.
describe('what a job runs', () => {
  test.each([
    ['exactly what was approved', [plan()], [plan()], 'approved'],
    ['one of the things that were approved', [plan()], [plan(), plan({ kind: 'artifact' })], 'approved'],
    ['nothing where nothing was proposed', [], [], 'approved'],
    ['a plan that was made again', [plan({ sha256: 'b'.repeat(64) })], [plan()], 'subject-differs'],
    ['the plan in another directory', [plan({ name: 'other/tf.plan' })], [plan()], 'subject-elsewhere'],
    ['the plan as something else', [plan({ kind: 'artifact' })], [plan()], 'subject-not-approved'],
    ['a plan where nothing was proposed', [plan()], [], 'subject-not-approved'],
    ['something more', [plan(), plan({ name: 'x', sha256: 'c'.repeat(64) })], [plan()], 'subject-not-approved'],
    ['what it does not say', [], [plan()], 'subjects-not-named'],
  ])('is %s', (_, present, approved, expected) => {
    expect(code(() => checkSubjects(present, approved))).toBe(expected);
  });
});

describe('what was approved', () => {
  const read = (facts: unknown, environment = 'production') =>
    approvedSubjects(utf8(JSON.stringify(facts)), environment, 7);

  test('is what was proposed for this environment', () => {
    const facts = { proposals: [proposal, { ...proposal, environment: 'staging', subjects: [plan({ name: 'x' })] }] };
    expect(read(facts)).toEqual([plan()]);
    expect(read(facts, 'test')).toEqual([]);
  });

  test.each([
    ['no list of proposals', {}],
    ['a proposal without subjects', { proposals: [{ ...proposal, subjects: [] }] }],
    ['a digest in capitals', { proposals: [{ ...proposal, subjects: [plan({ sha256: 'A'.repeat(64) })] }] }],
    ['no object', null],
  ])('is unknown with %s', (_, facts) => {
    expect(code(() => read(facts))).toBe('facts-unreadable');
  });
});
