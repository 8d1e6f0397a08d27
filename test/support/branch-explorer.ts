export interface Choices {
  /** Which of so many possibilities this run takes, from 0. */
  readonly choose: (options: number) => number;
  /** Nothing is prescribed from here on: the run is where no run has been by this way. */
  readonly isNew: () => boolean;
}

/**
 * Runs a model once for every sequence of choices that it can be given (depth first, by running it again from the start).
 * The model must be deterministic: the same choices lead to the same next question.
 * @returns number of runs
 */
export async function explore(run: (choices: Choices) => Promise<void>): Promise<number> {
  const path: { taken: number; readonly options: number }[] = [];
  for (let runs = 1; ; runs += 1) {
    let depth = 0;
    const choose = (options: number): number => {
      const at = path[depth] ?? { taken: 0, options };
      if (at.options !== options) throw new TypeError('the model is not deterministic');
      if (depth === path.length) path.push(at);
      depth += 1;
      return at.taken;
    };
    try {
      await run({ choose, isNew: () => depth >= path.length });
    } catch (error) {
      const taken = path.slice(0, depth).map((at) => `${at.taken}/${at.options}`);
      throw new Error(`run ${runs} failed with the choices ${taken.join(' ')}`, { cause: error });
    }
    if (depth !== path.length) throw new TypeError('the model is not deterministic');
    while ((path.at(-1)?.taken ?? 0) + 1 >= (path.at(-1)?.options ?? Infinity)) path.pop();
    const last = path.at(-1);
    if (last === undefined) return runs;
    last.taken += 1;
  }
}
