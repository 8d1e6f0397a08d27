/** An error that GitHub's GraphQL answers with status 200 and a `type`. */
export class GraphqlRefusal extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.name = 'GraphqlRefusal';
    this.type = type;
  }
}

/** A field of GitHub's schema that the sandbox does not fill; written down as a violation. */
export class Unfilled extends Error {
  constructor(field: string) {
    super(`the sandbox does not fill ${field}`);
    this.name = 'Unfilled';
  }
}
