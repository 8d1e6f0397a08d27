import { GateError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import type { GitClone } from '../git/git-clone.ts';
import { FileTree } from './file-tree.ts';
import type { View } from './file-tree.ts';
import type { StoreSeal } from './store-seal.ts';

export interface SealedRefOptions {
  readonly clone: GitClone;
  /** In full: `refs/countersign/…`. */
  readonly ref: string;
  /** The ref that whoever looks at this one looks at next. */
  readonly beside?: string;
  readonly clock: Clock;
  readonly wait: (ms: number) => Promise<void>;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** How long races are lost before it is given up. */
  readonly patienceMs: number;
}

/** Something that is done to the files; done again, on newer files, when somebody else was faster. */
type Change<T> = (view: View) => Promise<T>;

interface Task {
  readonly kind: 'look' | 'fresh look' | 'later' | 'now';
  readonly run: (view: View) => Promise<void>;
  readonly settle: () => void;
  readonly fail: (error: unknown) => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** A ref that a rule protects stays so. */
const MAX_REFUSALS = 4;
const MAX_OFFERS = 4;
const HEADLINE = 'Countersign: what the log must not forget [skip ci]';

/**
 * Files under one ref of the repository, shared by every job that may write there, changed by compare-and-set push only. Each
 * commit is sealed (store-seal.ts). What is sealed can be put back to an older state by whoever can push: then the evidence
 * branch names one that this has not, and the writer stops (docs/decisions/0003-evidence-writer.md).
 *
 * Changes that are asked for together are pushed together; each is done wholly or not at all.
 */
export class SealedRef {
  readonly #options: SealedRefOptions;
  readonly #seal: StoreSeal;
  #head: string | null | undefined;
  /** Of the state at `#head`; 0: there is none. */
  #number = 0;
  #tree: FileTree;
  /** Done here and not pushed yet, in their order. */
  #open: Task[] = [];
  #waiting: Task[] = [];
  #isRunning = false;
  /** A lost race has shown the server's state, and nothing was done since. */
  #hasLooked = false;
  #broken: GateError | null = null;

  constructor(options: SealedRefOptions, seal: StoreSeal) {
    this.#options = options;
    this.#seal = seal;
    this.#tree = new FileTree(options.clone, []);
  }

  /** What is known here; with `fresh`, after asking the server. */
  look<T>(what: (view: View) => Promise<T>, fresh: boolean): Promise<T> {
    return this.#ask(fresh ? 'fresh look' : 'look', what);
  }

  /** Answers once the change is at the server. @throws {GateError} what it throws; ERR_STORE_FORGED, ERR_LOG_*, ERR_FORGE_* */
  now<T>(change: Change<T>): Promise<T> {
    return this.#ask('now', change);
  }

  /**
   * Answers at once; it gets to the server together with the next change that has to, or not at all. Where it cannot be
   * done again on what somebody else wrote meanwhile, everything after it fails with its error: whoever asked begins anew.
   */
  later<T>(change: Change<T>): Promise<T> {
    return this.#ask('later', change);
  }

  async flush(): Promise<void> {
    await this.now(async () => {});
  }

  /** What a commit of the evidence branch says that is made now. @throws {TypeError} before the first write has landed */
  name(): string {
    const commit = this.#head ?? null;
    if (commit === null) throw new TypeError('nothing is on the branch that was not stored before');
    return this.#seal.name({ commit, number: this.#number });
  }

  /** Are all the states that our commits name, among these messages, in the past of the one that is known here? */
  async knows(messages: string): Promise<boolean> {
    const head = this.#head ?? null;
    for (const { commit } of this.#seal.named(messages).ours) {
      if (commit === head) continue;
      if (head === null || (await this.#options.clone.relation(commit, head)) !== 'ahead') return false;
    }
    return true;
  }

  #ask<T>(kind: Task['kind'], what: Change<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let value: { readonly of: T } | null = null;
      this.#waiting.push({
        kind,
        run: async (view) => {
          value = { of: await what(view) };
        },
        settle: () => (value === null ? reject(new TypeError('nothing was done')) : resolve(value.of)),
        fail: reject,
      });
      void this.#work();
    });
  }

  async #work(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let tasks = this.#waiting; tasks.length > 0; tasks = this.#waiting) {
      this.#waiting = [];
      const due: Task[] = [];
      for (const task of tasks) await this.#do(task, due);
      if (due.length > 0) await this.#send(due);
    }
    this.#isRunning = false;
  }

  async #do(task: Task, due: Task[]): Promise<void> {
    try {
      if (this.#broken !== null) throw this.#broken;
      if (this.#head === undefined || (task.kind === 'fresh look' && !this.#hasLooked)) await this.#refresh();
      this.#hasLooked = false;
      if (task.kind === 'look' || task.kind === 'fresh look') {
        await task.run(this.#tree);
        task.settle();
        return;
      }
      await this.#tree.attempt(task.run);
      this.#open.push(task);
      if (task.kind === 'now') due.push(task);
      else task.settle();
    } catch (error) {
      task.fail(error);
    }
  }

  async #send(due: readonly Task[]): Promise<void> {
    try {
      await this.#push();
      for (const task of due) task.settle();
    } catch (error) {
      // A network that comes back gets what is open; after any other error nobody may rely on what is known here.
      if (error instanceof GateError && error.code !== 'ERR_FORGE_UNAVAILABLE') this.#broken ??= error;
      for (const task of due) task.fail(error);
    }
  }

  /** Until it is at the server. */
  async #push(): Promise<void> {
    const { clone, ref, beside = null, clock, wait, random, patienceMs } = this.#options;
    const until = clock.now() + patienceMs;
    let refusals = 0;
    let offers = 0;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
      const head = this.#head ?? null;
      const changes = this.#tree.changes();
      if (changes.additions.length + changes.deletions.length === 0) {
        this.#open = [];
        return;
      }
      const { tree } = await clone.make({ parent: head, message: HEADLINE, ...changes });
      const number = this.#number + 1;
      const commit = await clone.commitOf(tree, head, `${HEADLINE}\n\n${this.#seal.state(tree, head, number)}`);
      if (await this.#tryToPush(commit, head)) return this.#settle(commit, number);
      // The pause comes before the look: what was seen before it is old by the next try.
      await wait(Math.round(pause / 2 + pause * random()));
      const found = await clone.lookAt(ref, beside);
      if (found === commit) return this.#settle(commit, number);
      refusals = found === head ? refusals + 1 : 0;
      if (refusals >= MAX_REFUSALS) {
        throw new GateError('ERR_LOG_REFUSED', 'the ref beside the evidence branch may not be written');
      }
      if (found !== head) await this.#load(found);
      this.#hasLooked = true;
      // Whoever waited has been told that it cannot be. What is left is offered, so that a faster one can take it along.
      if (this.#open.every(({ kind }) => kind === 'later')) {
        offers += 1;
        if (offers > MAX_OFFERS) return;
      }
      if (clock.now() >= until) throw new GateError('ERR_LOG_BUSY', 'other jobs were faster for too long');
    }
  }

  #settle(commit: string, number: number): void {
    this.#head = commit;
    this.#number = number;
    this.#tree.settle();
    this.#open = [];
  }

  /** false: somebody was faster, or it is not known whether it landed; the ref tells. */
  async #tryToPush(commit: string, head: string | null): Promise<boolean> {
    try {
      return (await this.#options.clone.push(this.#options.ref, commit, head)) === 'done';
    } catch (error) {
      if (error instanceof GateError && error.code === 'ERR_FORGE_UNAVAILABLE') return false;
      throw error;
    }
  }

  async #refresh(): Promise<void> {
    const { clone, ref, beside = null } = this.#options;
    // Whoever opened the clone may just have asked.
    const found = this.#head === undefined ? await clone.remoteRef(ref) : await clone.lookAt(ref, beside);
    if (this.#head === undefined || found !== this.#head) await this.#load(found);
  }

  /** Takes up what the server has, and does on it what is open. */
  async #load(head: string | null): Promise<void> {
    const number = head === null ? 0 : await this.#numberOf(head);
    // Every job goes on from the newest state: only somebody else makes a ref go back.
    if (this.#head !== undefined && number <= this.#number) {
      this.#broken = new GateError('ERR_STORE_LOST', 'it was put back while this job was running');
      throw this.#broken;
    }
    const { clone } = this.#options;
    this.#tree = new FileTree(clone, head === null ? [] : await clone.list(head));
    this.#head = head;
    this.#number = number;
    const again = this.#open;
    this.#open = [];
    for (const task of again) {
      try {
        await this.#tree.attempt(task.run);
        this.#open.push(task);
      } catch (error) {
        task.fail(error);
        // Somebody was told already that it is done.
        if (task.kind === 'later') {
          this.#broken = new GateError('ERR_STORE_CONFLICT', 'somebody else changed what this job had changed', {
            cause: error,
          });
          throw this.#broken;
        }
      }
    }
  }

  /** Of a state that is here then, with its folders. */
  async #numberOf(head: string): Promise<number> {
    const { clone } = this.#options;
    if (!(await clone.fetch(head))) throw new GateError('ERR_FORGE_UNAVAILABLE', 'the store could not be fetched');
    const number = this.#seal.numberOf(await clone.commitText(head));
    if (number !== null) return number;
    throw new GateError('ERR_STORE_FORGED', 'it was not written with the signing key');
  }
}
