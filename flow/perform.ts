import type { Ports } from '../core/ports.ts';
import { takeButton, takeComment } from './command.ts';
import { lookAtRun } from './deployment.ts';
import { putHeadCheck, putMergeGroupCheck } from './head-check.ts';
import { lookAtPullRequest } from './pull-request.ts';
import { lookAtEvidence, lookAtInstallation, lookAtPolicy, sweep } from './recovery.ts';
import type { Report } from './report.ts';
import type { Task } from './task.ts';

/**
 * Does one task. Safe to repeat at any point: it may have been cut off anywhere before.
 *
 * @param tries of this task so far, from 1
 * @throws {GateError} what should be tried again; nothing was released on the way that the log does not know
 */
export async function perform(ports: Ports, task: Task, report: Report, tries: number): Promise<void> {
  switch (task.kind) {
    case 'run':
      return lookAtRun(ports, task.repository, task.runId, report, tries);
    case 'pull-request':
      return lookAtPullRequest(ports, task.repository, task.number, report, tries);
    case 'check':
      return putHeadCheck(ports, task.repository, task.headSha);
    case 'comment':
      return takeComment(ports, task, report);
    case 'button':
      return takeButton(ports, task, report);
    case 'merge-group':
      return putMergeGroupCheck(ports, task.repository, task.headSha);
    case 'evidence':
      return lookAtEvidence(ports, task.repository, report);
    case 'policy':
      return lookAtPolicy(ports, task, report);
    case 'sweep':
      return sweep(ports, task.repository, report);
    case 'installation':
      return lookAtInstallation(ports, task, report);
  }
}
