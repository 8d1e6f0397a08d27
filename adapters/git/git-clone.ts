import { GateError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { fastImport } from './fast-import.ts';
import type { TreeChanges } from './fast-import.ts';
import { gitCommand } from './git-command.ts';
import type { GitAccess, GitAnswer, GitCommand } from './git-command.ts';
import { gitFailure, pushOutcome } from './git-failure.ts';
import type { PushOutcome } from './git-failure.ts';

const OID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
/** Whoever looks at a commit of ours sees that no person made it. */
const AUTHOR = 'Countersign <countersign@users.noreply.github.com>';

/** A commit that was made here and is nowhere else yet. */
export interface MadeCommit {
  readonly commit: string;
  readonly tree: string;
}

export interface TreeEntry {
  readonly mode: string;
  readonly oid: string;
  readonly path: string;
}

/**
 * A bare clone without work tree, history and file contents: commits, trees of the newest commit, and of contents what is
 * asked for. So it stays small, however long the log is.
 * @throws {GateError} from every method ERR_FORGE_*, ERR_LOG_REFUSED
 */
export class GitClone {
  readonly #git: GitCommand;
  readonly #clock: Clock;
  /** Commits whose trees are here. */
  readonly #known = new Set<string>();
  readonly #blobs = new Map<string, Uint8Array>();
  /** Answers that were not asked for yet. */
  readonly #told = new Map<string, string | null>();
  #opened: Promise<void> | null = null;
  #made = 0;
  /** What the refs named at the last look. */
  #seen: ReadonlyMap<string, string> = new Map();

  /** @param folder an empty folder of this process alone; the caller removes it */
  constructor(folder: string, access: GitAccess, clock: Clock) {
    this.#git = gitCommand(folder, access);
    this.#clock = clock;
  }

  /** Commit that a ref of the server names now; null: there is no such ref. @param ref in full */
  async remoteRef(ref: string): Promise<string | null> {
    const told = this.#told.get(ref);
    this.#told.clear();
    return told === undefined ? ((await this.#remoteRefs([ref])).get(ref) ?? null) : told;
  }

  /**
   * The same, with the commit and its trees. Of what it has new since the look before the contents come along, because they
   * are asked for next.
   * @param beside another ref that is looked at in the same breath: the next question for it is answered by that, once, unless
   *   something is pushed first
   */
  async lookAt(ref: string, beside: string | null): Promise<string | null> {
    const asked = beside === null ? [ref] : [ref, beside];
    const found = (await this.#fetchRefs(asked)) ?? (await this.#remoteRefs(asked));
    const missing = [...found.values()].filter((oid) => !this.#known.has(oid));
    if (missing.length > 0 && (await this.#fetch(['--depth=1', '--filter=blob:none'], missing))) this.#keep(missing);
    this.#seen = found;
    this.#told.clear();
    if (beside !== null) this.#told.set(beside, found.get(beside) ?? null);
    return found.get(ref) ?? null;
  }

  /** Gets a commit with its trees. @returns false: the server has no such commit */
  async fetch(commit: string): Promise<boolean> {
    if (this.#known.has(commit)) return true;
    if (!(await this.#fetch(['--depth=1', '--filter=blob:none'], [commit]))) return false;
    this.#known.add(commit);
    return true;
  }

  /** Gets a commit with all that came before it: without that no server takes it for a ref that has lost it. */
  fetchHistory(commit: string): Promise<boolean> {
    return this.#fetch([`--depth=${WHOLE}`, '--filter=blob:none'], [commit]);
  }

  /** Asks the server itself, whatever is here. */
  exists(commit: string): Promise<boolean> {
    return this.#fetch(['--refetch', '--depth=1', '--filter=tree:0'], [commit]);
  }

  /** Where `head` stands as seen from `base`; `unrelated` also when the server has lost one of them. */
  async relation(base: string, head: string): Promise<'ahead' | 'behind' | 'diverged' | 'unrelated'> {
    // Nearly always somebody of ours was a little faster: a few commits say it.
    if (!(await this.#fetch([`--depth=${NEAR}`, '--filter=tree:0'], [head]))) return 'unrelated';
    if (await this.#isAncestor(base, head)) return 'ahead';
    if (!(await this.#fetch([`--depth=${WHOLE}`, '--filter=tree:0'], [base, head]))) return 'unrelated';
    if (await this.#isAncestor(base, head)) return 'ahead';
    if (await this.#isAncestor(head, base)) return 'behind';
    const shared = await this.#run(['merge-base', base, head]);
    return shared.exitCode === 0 ? 'diverged' : 'unrelated';
  }

  /** All files of a commit that is here. */
  async list(commit: string): Promise<readonly TreeEntry[]> {
    const lines = await this.#must(['ls-tree', '-r', '-z', '--full-tree', commit], 'listing a commit');
    return lines.split('\0').flatMap((line) => {
      const [, mode, oid, path] = /^(\d{6}) [a-z]+ ([0-9a-f]+)\t([\s\S]+)$/.exec(line) ?? [];
      return mode === undefined || oid === undefined || path === undefined ? [] : [{ mode, oid, path }];
    });
  }

  /** One file of a commit that is here; null: there is no plain file of that name. */
  async file(commit: string, path: string): Promise<Uint8Array | null> {
    const lines = await this.#must(['ls-tree', '-z', '--full-tree', commit, '--', path], 'looking for a file');
    const [, oid] = new RegExp(`^100644 blob ([0-9a-f]+)\\t${path}\\0$`).exec(lines) ?? [];
    return oid === undefined ? null : this.blob(oid);
  }

  async blob(oid: string): Promise<Uint8Array> {
    const kept = this.#blobs.get(oid);
    if (kept !== undefined) return kept;
    const bytes = await this.#git.blob(oid);
    if (bytes === null) throw new GateError('ERR_FORGE_UNAVAILABLE', 'a file of the repository could not be fetched');
    this.#blobs.set(oid, bytes);
    return bytes;
  }

  /** The text of a commit object that is here. */
  commitText(commit: string): Promise<string> {
    return this.#must(['cat-file', 'commit', commit], 'reading a commit');
  }

  /**
   * The messages of all commits that `head`, which is here, has and `base` (null: nothing) has not, as one text; of one commit
   * more than that.
   */
  async messages(head: string, base: string | null): Promise<string> {
    const text = await this.commitText(head);
    const parents = text.slice(0, text.indexOf('\n\n')).match(/^parent .*$/gm) ?? [];
    if (parents.join() === (base === null ? '' : `parent ${base}`)) return text;
    if (!(await this.#fetch([`--depth=${WHOLE}`, '--filter=tree:0'], [head]))) {
      throw new GateError('ERR_FORGE_UNAVAILABLE', 'the history of a branch could not be fetched');
    }
    const before = base === null ? [] : ['--not', base];
    return this.#must(['log', '--format=%B', head, ...before], 'reading a history');
  }

  /** Makes a commit and all its objects, by one process and without reading any file. */
  async make(changes: TreeChanges): Promise<MadeCommit> {
    this.#made += 1;
    const ref = `refs/made/${this.#made}`;
    const script = fastImport(changes, ref, `${AUTHOR} ${Math.floor(this.#clock.now() / 1_000)} +0000`);
    const answer = await this.#must(['fast-import', '--quiet', '--done', '--force'], 'making a commit', script);
    const [, commit, tree] = /^([0-9a-f]+)\n040000 tree ([0-9a-f]+)\t/.exec(answer) ?? [];
    if (commit === undefined || tree === undefined) throw new GateError('ERR_STORE_UNAVAILABLE', 'git made no commit');
    this.#known.add(commit);
    return { commit, tree };
  }

  /** A commit of a tree that is here, with a message that may depend on the tree's id. */
  async commitOf(tree: string, parent: string | null, message: string): Promise<string> {
    const by = `${AUTHOR} ${Math.floor(this.#clock.now() / 1_000)} +0000`;
    const parents = parent === null ? '' : `parent ${parent}\n`;
    const text = `tree ${tree}\n${parents}author ${by}\ncommitter ${by}\n\n${message}\n`;
    const args = ['hash-object', '-t', 'commit', '-w', '--stdin'];
    const commit = (await this.#must(args, 'making a commit', Buffer.from(text))).trim();
    this.#known.add(commit);
    return commit;
  }

  /**
   * Compare and set at the server: it takes the commit only while the ref is at `expected` (null: is not there). Nothing is
   * sent again by itself.
   */
  async push(ref: string, commit: string, expected: string | null): Promise<PushOutcome> {
    this.#told.clear();
    const lease = `--force-with-lease=${ref}:${expected ?? ''}`;
    return pushOutcome(
      await this.#git.run(['push', '--porcelain', '--no-verify', lease, 'origin', `${commit}:${ref}`]),
    );
  }

  /** Before anything else, once. */
  #open(): Promise<void> {
    this.#opened ??= this.#git.run(['init', '--bare', '--template=', '.']).then((answer) => {
      if (answer.exitCode !== 0) throw gitFailure(answer, 'making a clone', 'none');
    });
    return this.#opened;
  }

  async #run(args: readonly string[], input?: Uint8Array): Promise<GitAnswer> {
    await this.#open();
    return this.#git.run(args, input);
  }

  async #isAncestor(ancestor: string, commit: string): Promise<boolean> {
    const { exitCode, stdout } = await this.#run(['merge-base', ancestor, commit]);
    return exitCode === 0 && stdout.trim() === ancestor;
  }

  async #remoteRefs(refs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return oidsByRef(await this.#must(['ls-remote', 'origin', ...refs], 'asking for refs'), /^(\S+)\t(\S+)$/);
  }

  /** Names and commits at once; null: they were not all there at the look before, or are not now. */
  async #fetchRefs(refs: readonly string[]): Promise<ReadonlyMap<string, string> | null> {
    const before = refs.flatMap((ref) => this.#seen.get(ref) ?? []).filter((oid) => this.#known.has(oid));
    if (before.length < refs.length) return null;
    const options = [
      '--depth=1',
      `--filter=blob:limit=${MOST_AT_ONCE}`,
      ...before.map((oid) => `--negotiation-tip=${oid}`),
    ];
    const specs = refs.map((ref) => `+${ref}:${ref.replace(/^refs/, SEEN)}`);
    if (!(await this.#fetch(options, specs))) return null;
    const format = '--format=%(objectname) refs/%(refname:lstrip=2)';
    const found = oidsByRef(await this.#must(['for-each-ref', format, SEEN], 'reading refs'), /^(\S+) (\S+)$/);
    this.#keep(found.values());
    return found;
  }

  #keep(commits: Iterable<string>): void {
    for (const commit of commits) this.#known.add(commit);
  }

  async #fetch(options: readonly string[], commits: readonly string[]): Promise<boolean> {
    // simple-git waits another 50 ms for the words of a git that ends without any.
    const plain = ['--verbose', '--no-tags', '--no-recurse-submodules'];
    const answer = await this.#run(['fetch', ...plain, ...options, 'origin', ...commits]);
    if (answer.exitCode === 0) return true;
    if (
      /not our ref|(?:no such|couldn't find) remote ref|unadvertised object|bad object|missing .* object/i.test(
        answer.stderr,
      )
    )
      return false;
    throw gitFailure(answer, 'fetching a commit', 'none');
  }

  async #must(args: readonly string[], what: string, input?: Uint8Array): Promise<string> {
    const answer = await this.#run(args, input);
    if (answer.exitCode !== 0) throw gitFailure(answer, what, 'none');
    return answer.stdout;
  }
}

function oidsByRef(lines: string, form: RegExp): ReadonlyMap<string, string> {
  const found = lines.split('\n').flatMap((line) => {
    const [, oid, ref] = form.exec(line) ?? [];
    if (oid === undefined || ref === undefined) return [];
    if (!OID.test(oid)) throw new GateError('ERR_FORGE_SHAPE', 'the git server names no object for a ref');
    return [[ref, oid] as const];
  });
  return new Map(found);
}

/** Where the refs of the server stand in the clone. */
const SEEN = 'refs/seen';
/** A larger file is fetched by itself, should it be asked for. */
const MOST_AT_ONCE = '1m';
/** Commits that two writers can be apart. */
const NEAR = 50;
/** What git takes for no limit. */
const WHOLE = 2_147_483_647;
