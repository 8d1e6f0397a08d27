import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../../core/policy/parse-policy.ts';

const sha = 'c'.repeat(40);
const workflow = `countersign/countersign/.github/workflows/countersign.yml@${sha}`;
const key = 'github.com/1/2/1+1454eda6+AdXxy2hRrT+IMuuCtPxy+Rfm2IZbKxmEANIC6Sg+bCXk';

const verdict = (lines: string): string => {
  const text = `version: 1\nscope: { deployments: all, pull-requests: agent }\ntrust:\n  keys: ['${key}']\n${lines}\n`;
  const parsed = parsePolicy(text);
  return parsed.ok ? 'taken' : (parsed.issues[0]?.message ?? '');
};
const attested = (fields: object): string =>
  verdict(`  attested: ${JSON.stringify({ workflow, root: '.github/sigstore.jsonl', ...fields })}`);
const sigstore = (fields: object): string => verdict(`  sigstore: ${JSON.stringify(fields)}`);
const url = 'https://fulcio.acme.example';

describe('trust.attested', () => {
  test.each<[string, object]>([
    ['a workflow and a root', {}],
    ['a root in a folder', { root: '.github/trust/roots.json' }],
    ['runners of their own', { runners: 'self-hosted' }],
  ])('is taken with %s', (_, fields) => {
    expect(attested(fields)).toBe('taken');
  });

  test.each<[string, object, RegExp]>([
    ['a workflow at a branch', { workflow: workflow.replace(sha, 'main') }, /full commit SHA/],
    ['a workflow at half a commit', { workflow: workflow.slice(0, -1) }, /full commit SHA/],
    ['a pattern', { workflow: workflow.replace('countersign.yml', '.*') }, /full commit SHA/],
    ['an address for a workflow', { workflow: `https://github.com/${workflow}` }, /full commit SHA/],
    ['a root that nothing guards', { root: 'roots.json' }, /below \.github/],
    ['a root that leads out', { root: '.github/../roots.json' }, /below \.github/],
    ['any runner', { runners: 'any' }, /github-hosted/],
    ['a key too many', { issuer: 'https://evil.example' }, /./],
  ])('is refused with %s', (_, fields, message) => {
    expect(attested(fields)).toMatch(message);
    expect(attested(fields)).not.toBe('taken');
  });
});

describe('trust.sigstore', () => {
  test.each<[string, object]>([
    ['a timestamp authority', { 'fulcio-url': url, 'tsa-url': url }],
    ['a log', { 'fulcio-url': url, 'rekor-url': url }],
    [
      'a log of version 2 and a timestamp authority',
      { 'fulcio-url': url, 'rekor-url': url, 'rekor-version': 2, 'tsa-url': url },
    ],
    ['this machine', { 'fulcio-url': 'http://127.0.0.1:5555', 'tsa-url': 'http://localhost:80' }],
  ])('is taken with %s', (_, fields) => {
    expect(sigstore(fields)).toBe('taken');
  });

  test.each<[string, object, RegExp]>([
    ['nothing that says the time', { 'fulcio-url': url }, /when a signature was made/],
    [
      'a log of version 2 alone',
      { 'fulcio-url': url, 'rekor-url': url, 'rekor-version': 2 },
      /when a signature was made/,
    ],
    ['a version of no log', { 'fulcio-url': url, 'tsa-url': url, 'rekor-version': 1 }, /without rekor-url/],
    ['http', { 'fulcio-url': 'http://fulcio.acme.example', 'tsa-url': url }, /https/],
    ['a name and a password', { 'fulcio-url': 'https://a:b@fulcio.acme.example', 'tsa-url': url }, /https/],
    ['a path', { 'fulcio-url': `${url}/api`, 'tsa-url': url }, /https/],
  ])('is refused with %s', (_, fields, message) => {
    expect(sigstore(fields)).toMatch(message);
  });
});
