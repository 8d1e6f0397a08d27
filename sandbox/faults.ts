import type { Fault, Faults } from './sandbox.ts';

/** Where a request goes, as a fault can name it. */
export interface Target {
  readonly method: string;
  /** Without `/api/v3`. */
  readonly path: string;
  /** `GET /repos/{owner}/{repo}`, `graphql createCommitOnBranch`, `unknown`. */
  readonly route: string;
  readonly operations: readonly string[];
}

/** The faults that a test has laid; each is used up after `times` requests. */
export class FaultList implements Faults {
  readonly #faults: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): () => void {
    const entry = { fault, left: fault.times ?? 1 };
    this.#faults.push(entry);
    return () => {
      entry.left = 0;
    };
  }

  clear(): void {
    this.#faults.length = 0;
  }

  /** The first fault for this request and moment, counted as used. */
  take(when: Fault['when'], target: Target): Fault | undefined {
    const entry = this.#faults.find(({ fault, left }) => left > 0 && fault.when === when && matches(fault, target));
    if (entry === undefined) return undefined;
    entry.left -= 1;
    return entry.fault;
  }
}

function matches(fault: Fault, target: Target): boolean {
  if (fault.method !== undefined && fault.method !== target.method) return false;
  if (fault.path instanceof RegExp) return fault.path.test(target.path);
  const names = [target.route, target.route.slice(target.route.indexOf(' ') + 1), ...target.operations];
  return names.includes(fault.path);
}
