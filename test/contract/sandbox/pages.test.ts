import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { call, openShop, type Shop } from './sandbox-client.ts';

const HOSTILE = '</title><script>alert("1")</script><img src=x onerror=\'a\'>';
const PULL = '/acme/shop/pull/1';

let shop: Shop;

beforeEach(async () => {
  shop = await openShop();
  const { sandbox } = shop;
  sandbox.requireCheck('acme/shop', 'main', 'countersign', 'gate');
  await sandbox.as('ann').commit('acme/shop', 'ann/more', { files: { 'infra/main.tf': 'two\n' }, message: 'More' });
  await sandbox.as('ann').openPullRequest('acme/shop', { head: 'ann/more', title: HOSTILE });
});

afterEach(async () => {
  await shop.sandbox.close();
});

interface Shown {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

async function get(path: string): Promise<Shown> {
  return read(await fetch(shop.sandbox.url + path, { headers: { connection: 'close' } }));
}

/** Sends the page's form as a browser would. */
async function press(
  path: string,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = { origin: shop.sandbox.url },
): Promise<Shown> {
  const body = new URLSearchParams(fields);
  const options = { method: 'POST', body, redirect: 'manual', headers: { connection: 'close', ...headers } } as const;
  return read(await fetch(shop.sandbox.url + path, options));
}

async function read(response: Response): Promise<Shown> {
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** The App's check on the pull request's head. */
async function check(body: Readonly<Record<string, unknown>>): Promise<void> {
  const head_sha = shop.sandbox.pullRequest('acme/shop', 1).headSha;
  const made = { name: 'countersign', head_sha, status: 'completed', ...body };
  const reply = await call(shop.sandbox, 'POST', '/repos/acme/shop/check-runs', { token: shop.token, body: made });
  expect(reply.status).toBe(201);
}

describe('a pull request', () => {
  test('is approved, turns green and is merged by forms alone', async () => {
    await check({
      conclusion: 'action_required',
      output: {
        title: 'Held',
        summary: '- **held**: one \\*seat\\*\n\n| who | why |\n| --- | --- |\n| bob | a<br>b |',
      },
      actions: [{ label: 'Approve', description: 'Countersign K7', identifier: 'approve:K7' }],
    });
    const held = await get(PULL);
    expect(held.text).toContain('<li><strong>held</strong>: one *seat*</li>');
    expect(held.text).toContain('<td>a<br />b</td>');
    const button = /name="do" value="(check:[^"]*)"/.exec(held.text)?.[1] ?? '';

    const early = await press(PULL, { as: 'bob', do: 'merge' });
    expect(early.status).toBe(405);
    expect(early.text).toContain('Required status check &#34;countersign&#34; is expected.');

    expect((await press(PULL, { as: 'bob', do: button })).status).toBe(303);
    const clicked = shop.sandbox.webhooks.deliveries.filter(({ action }) => action === 'requested_action');
    expect(clicked.map(({ body }) => JSON.parse(body))).toMatchObject([
      { sender: { login: 'bob' }, requested_action: { identifier: 'approve:K7' } },
    ]);

    const approved = await press(PULL, { as: 'bob', do: 'approve', text: 'fine' });
    expect([approved.status, approved.headers.get('location')]).toEqual([303, `${PULL}?done`]);
    await check({ conclusion: 'success', output: { title: 'Released', summary: 'ok' } });
    const green = await get(PULL);
    expect(green.text).toContain('<span class="badge good">success</span>');
    expect(green.text).not.toContain('value="check:');

    expect((await press(PULL, { as: 'bob', do: 'merge' })).status).toBe(303);
    expect(shop.sandbox.pullRequest('acme/shop', 1).merged).toBe(true);
    expect((await get(PULL)).text).toContain('<span class="badge good">merged</span>');
  });

  test('takes a comment and a request for changes', async () => {
    await press(PULL, { as: 'rita', do: 'comment', text: '/countersign status\r\nplease' });
    await press(PULL, { as: 'bob', do: 'request-changes', text: '<b>no</b>' });
    expect(shop.sandbox.comments('acme/shop', 1)).toMatchObject([
      { author: 'rita', body: '/countersign status\nplease' },
    ]);
    expect((await get(PULL)).text).toMatch(/changes requested[^]*&#60;b&#62;no&#60;\/b&#62;/);
  });

  test.each([
    [{ as: 'ann', do: 'approve' }, 422, 'Can not approve your own pull request'],
    [{ as: 'bob', do: 'comment', text: ' ' }, 422, 'A comment needs some text'],
    [{ as: '', do: 'approve' }, 422, 'Choose who acts'],
    [{ as: 'acme', do: 'approve' }, 422, 'Choose who acts'],
    [{ as: 'rita', do: 'merge' }, 403, 'Must have write access to merge'],
    [{ as: 'bob', do: 'check:999:x' }, 404, 'Not Found'],
    [{ as: 'bob', do: 'constructor' }, 422, 'No such button'],
  ])('shows what is refused and keeps the text: %j', async (fields, status, message) => {
    const shown = await press(PULL, { text: 'my <words>', ...fields });
    expect(shown.status).toBe(status);
    expect(shown.text).toMatch(new RegExp(`role="alert">Refused\\. [^<]*${message}`));
    expect(shown.text.includes('my &#60;words&#62;</textarea>')).toBe(!('text' in fields));
  });
});

describe('a run', () => {
  test('is approved at the prompt, bypassed, run again and cancelled by forms', async () => {
    const { sandbox } = shop;
    sandbox.environment('acme/shop', 'production', { customRule: 'gate', reviewers: ['bob'], canAdminsBypass: true });
    const jobs = [{ name: 'deploy', environment: 'production' }];
    const { id } = await sandbox.as('ann').dispatch('acme/shop', { name: 'deploy', jobs });
    const path = `/acme/shop/actions/runs/${id}`;
    expect((await get(path)).text).toContain('value="approve:production"');

    expect((await press(path, { as: 'ann', do: 'approve:production' })).text).toContain(
      'You are not a required reviewer',
    );
    expect((await press(path, { as: 'bob', do: 'approve:production', text: 'go' })).status).toBe(303);
    expect((await get(path)).text).not.toContain('value="approve:production"');
    expect(sandbox.runState(id).status).toBe('waiting');

    expect((await press(path, { as: 'bob', do: 'bypass' })).status).toBe(403);
    expect((await press(path, { as: 'olga', do: 'bypass' })).status).toBe(303);
    expect(sandbox.runState(id).conclusion).toBe('success');
    expect((await press(path, { as: 'bob', do: 'rerun' })).status).toBe(303);
    expect((await press(path, { as: 'bob', do: 'cancel' })).status).toBe(303);
    expect(sandbox.runState(id)).toMatchObject({ attempt: 2, conclusion: 'cancelled' });
    expect((await press(path, { as: 'bob', do: 'rerun-failed' })).status).toBe(303);
    expect((await press(path, { as: 'bob', do: 'reject:production' })).status).toBe(303);
    expect(sandbox.runState(id)).toMatchObject({ attempt: 3, conclusion: 'failure' });
  });
});

describe('every page', () => {
  test('is only looked at by GET: nothing changes, is sent or is logged', async () => {
    const { sandbox } = shop;
    const { id } = await sandbox.as('ann').dispatch('acme/shop', { name: 'build', jobs: [{ name: 'build' }] });
    const state = (): string =>
      JSON.stringify([
        sandbox.repoState('acme/shop'),
        sandbox.webhooks.deliveries,
        sandbox.requests,
        sandbox.runState(id),
      ]);
    const before = state();
    const paths = ['/', '/acme/shop', PULL, `${PULL}?as=bob&do=approve&text=x`, `/acme/shop/actions/runs/${id}`];
    for (const path of [...paths, '/acme/shop/tree/ann/more/infra', '/acme/shop/blob/ann/more/infra/main.tf']) {
      const { status, headers } = await get(path);
      expect([path, status, headers.get('content-type')]).toEqual([path, 200, 'text/html; charset=utf-8']);
    }
    expect(state()).toBe(before);
    expect(sandbox.violations).toEqual([]);
  });

  test('shows hostile text as text, and forbids scripts besides', async () => {
    for (const path of ['/acme/shop', PULL]) {
      const { text, headers } = await get(path);
      expect(text).toContain('&#60;script&#62;alert(&#34;1&#34;)');
      expect(text).not.toMatch(/<script|<img/);
      expect(headers.get('content-security-policy')).toMatch(
        /default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/,
      );
    }
  });

  test('renders the Markdown of a check without any markup of its own', async () => {
    const summary =
      '## <i>a</i>\n**<b>b</b>**\n- `<u>c</u>` [d](javascript:e) &lt;s&gt;\n\n| <q> | |\n| --- | --- |\n|';
    await check({ conclusion: 'neutral', output: { title: '<em>', summary } });
    const { text } = await get(PULL);
    expect(text).toContain('<strong>&#60;b&#62;b&#60;/b&#62;</strong>');
    expect(text).toContain('<code>&#60;u&#62;c&#60;/u&#62;</code> [d](javascript:e) &#60;s&#62;');
    expect(text).not.toMatch(/<(?:i|b|u|s|q|em)>|href="javascript/);
  });

  test('shows the files of any branch, and says so when there is none', async () => {
    expect((await get('/acme/shop/tree/ann/more')).text).toContain('href="/acme/shop/tree/ann/more/infra"');
    expect((await get('/acme/shop/blob/ann/more/infra/main.tf')).text).toMatch(/<pre>\s*two\s*<\/pre>/);
    const missing = ['tree/no', 'blob/main/no', 'blob/main/%2e%2e%2f%2e%2e%2fconfig', 'pull/9', 'actions/runs/9'];
    for (const path of missing) expect((await get(`/acme/shop/${path}`)).status).toBe(404);
  });

  test.each([
    ['another site', { origin: 'https://evil.example' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['a foreign name of this machine', { origin: 'http://evil.example', host: 'evil.example' }],
    ['an opaque origin', { origin: 'null' }],
    ['no origin at all', {}],
  ])('refuses a form that comes from %s', async (_name, headers) => {
    const shown = await press(PULL, { as: 'bob', do: 'approve' }, headers);
    expect([shown.status, shown.text.includes('from another site')]).toEqual([403, true]);
    expect(shop.sandbox.webhooks.deliveries.filter(({ event }) => event === 'pull_request_review')).toEqual([]);
  });

  test('leaves everything else to the API, which writes down what it does not know', async () => {
    expect((await get('/acme/nothing')).status).toBe(404);
    expect((await press('/acme/shop', { as: 'bob', do: 'approve' })).status).toBe(404);
    expect(shop.sandbox.violations).toEqual(['unknown route GET /acme/nothing', 'unknown route POST /acme/shop']);
  });
});
