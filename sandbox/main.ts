import { startSandbox } from './sandbox.ts';

/** `node sandbox/main.ts [port]`: a small world to look at by hand; ends with Ctrl-C. */
const port = Number(process.argv[2] ?? 0);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  process.stderr.write('usage: node sandbox/main.ts [port]\n');
  process.exit(2);
}

const sandbox = await startSandbox({ port });
sandbox.org('acme', { owners: ['olga'] });
sandbox.user('ann');
sandbox.repo('acme/shop', { by: 'olga', files: { 'README.md': '# shop\n', 'infra/main.tf': 'resource "x" "y" {}\n' } });
sandbox.collaborator('acme/shop', 'ann', 'write');
sandbox.environment('acme/shop', 'production', { reviewers: ['olga'] });
const ann = sandbox.as('ann');
await ann.commit('acme/shop', 'ann/docs', { files: { 'README.md': '# Shop\n' }, message: 'A better title' });
const pull = await ann.openPullRequest('acme/shop', { head: 'ann/docs', title: 'A better title' });
const jobs = [{ name: 'deploy', environment: 'production' }];
const run = await ann.dispatch('acme/shop', { name: 'deploy', jobs });

const people = ['olga', 'ann'].map((login) => `  ${login}: ${sandbox.user(login).token}`);
process.stdout.write(
  [
    `GitHub sandbox at ${sandbox.url} (API ${sandbox.apiUrl})`,
    `Pages to open: ${sandbox.url}/acme/shop`,
    `  ${sandbox.url}/acme/shop/pull/${pull.number}`,
    `  ${sandbox.url}/acme/shop/actions/runs/${run.id}`,
    `git clone ${sandbox.cloneUrl('acme/shop')}`,
    'Tokens (bearer token of the API, password of a git push):',
    ...people,
    '',
  ].join('\n'),
);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void sandbox.close();
  });
}
