/** What GitHub answers when it says no: HTTP status, message, and the errors it lists. Thrown by routes and by actors. */
export class Refused extends Error {
  readonly status: number;
  readonly errors: readonly unknown[] | undefined;

  constructor(status: number, message: string, errors?: readonly unknown[]) {
    super(message);
    this.name = 'Refused';
    this.status = status;
    this.errors = errors;
  }
}
