import { registerHooks } from 'node:module';

// The package imports its schemas as its bundler wants them; Node asks for the attribute.
registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith('.min.json') ? { ...context, importAttributes: { type: 'json' } } : context),
});

const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import('@actions/workflow-parser');
const { parseAction } = await import('@actions/workflow-parser/actions/action-parser');

interface File {
  readonly name: string;
  readonly content: string;
}

/**
 * What GitHub's own parser says against a workflow; empty when nothing.
 * @param called the reusable workflow that it calls, so that its inputs, secrets and permissions are checked too
 */
export async function workflowIssues(workflow: File, called: File | null): Promise<readonly string[]> {
  const { context, value } = parseWorkflow(workflow, new NoOperationTraceWriter());
  if (value === undefined) return context.errors.getErrors().map(({ message }) => message);
  const files = {
    getFileContent: () => (called === null ? Promise.reject(new Error('no such file')) : Promise.resolve(called)),
  };
  await convertWorkflowTemplate(context, value, files, { fetchReusableWorkflowDepth: called === null ? 0 : 1 });
  return context.errors.getErrors().map(({ message }) => message);
}

/** The same of an action.yml. */
export function actionIssues(action: File): readonly string[] {
  return parseAction(action, new NoOperationTraceWriter())
    .context.errors.getErrors()
    .map(({ message }) => message);
}
