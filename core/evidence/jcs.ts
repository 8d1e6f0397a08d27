/**
 * RFC 8785 (JCS): the one text of a JSON value, for digests that two sides compute on their own. What is signed here is
 * stored bytes and never needs it.
 *
 * @param value null, booleans, numbers, texts, arrays and plain objects
 * @param isNumber which numbers are let through; a digest of ids wants only those that every reader holds exactly
 * @throws {TypeError} for anything that has no such text: NaN, half a surrogate pair, undefined, functions
 */
export function jcs(value: unknown, isNumber: (number: number) => boolean = Number.isFinite): string {
  if (value === null || typeof value === 'boolean') return String(value);
  // ECMAScript's own texts of strings and numbers are the ones that the RFC asks for (sections 3.2.2.2 and 3.2.2.3).
  if (typeof value === 'string' && value.isWellFormed()) return JSON.stringify(value);
  if (typeof value === 'number' && Number.isFinite(value) && isNumber(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${Array.from(value, (member) => jcs(member, isNumber)).join(',')}]`;
  if (typeof value === 'object') {
    // The comparison is by UTF-16 code units, as section 3.2.3 asks.
    const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, member]) => `${jcs(key)}:${jcs(member, isNumber)}`).join(',')}}`;
  }
  throw new TypeError('only JSON of well-formed text and finite numbers can be made canonical');
}
