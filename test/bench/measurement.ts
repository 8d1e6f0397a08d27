/** One line of the table. Numbers come as text, so that each is shown with the digits that mean something. */
export interface Row {
  readonly what: string;
  readonly value: string;
  /** Of docs/design.md section 9; `-` where it sets none. Shown beside the value and never enforced: machines differ. */
  readonly limit: string;
  /** The naive or the raw way, measured in the same run. */
  readonly beside: string;
}

export interface Measured {
  readonly rows: readonly Row[];
  /** Printed below the table: what was counted, and what a reader could take for more than it is. */
  readonly notes: readonly string[];
}

export interface BenchOptions {
  /** Records of the log that is verified. */
  readonly records: number;
  /** Deliveries that are sent. */
  readonly deliveries: number;
}

export interface Measurement {
  /** What one names on the command line. */
  readonly name: string;
  readonly title: string;
  readonly run: (options: BenchOptions) => Promise<Measured>;
}
