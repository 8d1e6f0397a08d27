/** One line for the operator: a constant message and fields of an allow-list; never a payload, token or foreign text. */
export type Report = (line: ReportLine) => void;

export interface ReportLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}
