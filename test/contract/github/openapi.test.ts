import { buildSchema, parse, validate } from 'graphql';
import { schema as sdl } from '@octokit/graphql-schema';
import { expect, test } from 'vitest';
import {
  commitsOperation,
  CREATE_COMMIT,
  MORE_AUTHORS,
  MORE_PULLS,
  WAITING_JOBS,
} from '../../../adapters/github/graphql-operations.ts';
import { APP_ROUTES, INSTALLATION_ROUTES, REPOSITORY_ROUTES } from '../../../adapters/github/routes.ts';
import { checkRequest, openapiRoutes, openapiSource } from '../../support/openapi/request-check.ts';

test('the extract holds exactly the routes of the closed table', () => {
  const routes = [...Object.keys(REPOSITORY_ROUTES), ...Object.keys(INSTALLATION_ROUTES), ...APP_ROUTES];
  expect(openapiRoutes.toSorted()).toEqual(routes.toSorted());
  expect(openapiSource.integrity).toMatch(/^sha512-/);
});

test('every GraphQL document is valid against the published schema', () => {
  // What GitHub publishes breaks the newest rules for schemas (a field twice, deprecations), which queries do not care about.
  const schema = buildSchema(sdl.idl, { assumeValid: true, assumeValidSDL: true });
  const documents = [WAITING_JOBS, CREATE_COMMIT, commitsOperation(1), commitsOperation(100), MORE_AUTHORS, MORE_PULLS];
  for (const { name, text } of documents) {
    expect(validate(schema, parse(text)).map((error) => `${name}: ${error.message}`)).toEqual([]);
  }
});

const gate = '/repos/acme/shop/actions/runs/1/deployment_protection_rule';
const checks = '/repos/acme/shop/check-runs';
const check = { name: 'countersign', head_sha: 'a'.repeat(40), status: 'completed', conclusion: 'action_required' };
const action = { label: 'Approve', description: 'x', identifier: 'approve:ABCD' };

test.each([
  ['a decision', 'POST', gate, '', { environment_name: 'prod', state: 'approved', comment: 'x' }],
  ['a report', 'POST', gate, '', { environment_name: 'prod', comment: 'x' }],
  ['a check run with three buttons', 'POST', checks, '', { ...check, actions: [action, action, action] }],
  ['a page', 'GET', '/repos/acme/shop/pulls/1/reviews', 'per_page=100&page=3', undefined],
  ['a ref with a slash', 'GET', '/repos/acme/shop/git/ref/heads%2Fmain', '', undefined],
])('%s passes', (_name, method, path, query, body) => {
  expect(checkRequest({ method, path, query, body })).toEqual([]);
});

test.each([
  ['a decision that is no decision', 'POST', gate, '', { environment_name: 'prod', state: 'maybe', comment: 'x' }],
  [
    'a decision with a field too many',
    'POST',
    gate,
    '',
    { environment_name: 'prod', state: 'approved', comment: 'x', sha: 'y' },
  ],
  ['a report that is too long', 'POST', gate, '', { environment_name: 'prod', comment: 'x'.repeat(1025) }],
  ['an answer about nothing', 'POST', gate, '', { environment_name: 'prod' }],
  ['four buttons', 'POST', checks, '', { ...check, actions: [action, action, action, action] }],
  ['a label of 21 characters', 'POST', checks, '', { ...check, actions: [{ ...action, label: 'x'.repeat(21) }] }],
  ['a conclusion that does not exist', 'POST', checks, '', { ...check, conclusion: 'held' }],
  ['a misspelt field', 'POST', checks, '', { ...check, sumary: 'x' }],
  ['a body on a read', 'GET', '/repos/acme/shop', '', {}],
  ['an unknown query', 'GET', '/repos/acme/shop/pulls', 'stat=open', undefined],
  ['a state that does not exist', 'GET', '/repos/acme/shop/pulls', 'state=opened', undefined],
  ['a page of 101', 'GET', '/repos/acme/shop/pulls', 'per_page=101', undefined],
  ['a number that is none', 'GET', '/repos/acme/shop/pulls/x', '', undefined],
  ['an unknown route', 'DELETE', '/repos/acme/shop', '', undefined],
])('%s does not', (_name, method, path, query, body) => {
  expect(checkRequest({ method, path, query, body })).not.toEqual([]);
});
