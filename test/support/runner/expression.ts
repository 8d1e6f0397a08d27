import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import type { FunctionDefinition } from '@actions/expressions/funcs/info';
import { truthy } from '@actions/expressions/result';

/** How the job, or what the job needs, has gone so far. */
export type Status = 'success' | 'failure' | 'cancelled' | 'skipped';

/** What an expression can see. */
export interface Scope {
  /** `github`, `needs`, `steps` and so on, as plain JSON. */
  readonly contexts: Readonly<Record<string, unknown>>;
  readonly status: Status;
}

/** Each `${{ … }}`; a text within it may hold braces. */
const EXPRESSION = /\$\{\{((?:'(?:[^']|'')*'|[^'])*?)\}\}/g;

/** The text with every expression replaced by what it comes to. */
export function fill(text: string, scope: Scope): string {
  return text.replaceAll(EXPRESSION, (_whole, source: string) => evaluate(source, scope).coerceString());
}

export function fillAll(
  texts: Readonly<Record<string, string>> | undefined,
  scope: Scope,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts ?? {}).map(([name, text]) => [name, fill(text, scope)]));
}

/** An `if`. One that asks for no status means: only after success. */
export function holds(condition: string | undefined, scope: Scope): boolean {
  const source = (condition ?? 'success()').trim().replace(/^\$\{\{(.*)\}\}$/s, '$1');
  const asks = /\b(?:success|failure|always|cancelled)\s*\(/i.test(source.replaceAll(/'(?:[^']|'')*'/g, ''));
  return (asks || scope.status === 'success') && truthy(evaluate(source, scope));
}

function evaluate(source: string, scope: Scope): data.ExpressionData {
  const functions = statusFunctions(scope.status);
  const { tokens } = new Lexer(source.trim()).lex();
  const tree = new Parser(tokens, Object.keys(scope.contexts), functions).parse();
  const contexts: unknown = JSON.parse(JSON.stringify(scope.contexts), data.reviver);
  if (!(contexts instanceof data.Dictionary)) throw new TypeError('contexts are no object');
  return new Evaluator(tree, contexts, new Map(functions.map((known) => [known.name, known]))).evaluate();
}

function statusFunctions(status: Status): FunctionDefinition[] {
  const answer = (name: string, value: boolean): FunctionDefinition => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(value),
  });
  return [
    answer('always', true),
    answer('success', status === 'success'),
    answer('failure', status === 'failure'),
    answer('cancelled', status === 'cancelled'),
  ];
}
