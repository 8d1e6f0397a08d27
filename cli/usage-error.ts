/** The command line asks for something that cannot be done: exit code 2, nothing was checked. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What `parseArgs` throws of a command line, as the usage error that it is. */
export function orUsage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'unknown option', { cause: error });
  }
}

/** By name: a command in a file of its own (dist/cli/who.js) brings its own copy of the class. */
export function isUsageError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'UsageError';
}

/** The evidence could not be read: exit code 1, since what cannot be read does not verify. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

export function tooLong(path: string, bytes: number): UnreadableError {
  return new UnreadableError(`${path} has ${bytes} bytes: no such file of a log is nearly as long, so it was not read`);
}

/** Is this the evidence's fault or the file system's (exit code 1), and not a mistake in our code? */
export function isUnreadable(error: unknown): error is Error {
  return error instanceof UnreadableError || (error instanceof Error && 'syscall' in error);
}
