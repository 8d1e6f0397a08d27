/** A list of names, written as a text: `aws_vpc aws_route`. @param prefix stands before each */
export function words(text: string, prefix = ''): readonly string[] {
  return text
    .trim()
    .split(/\s+/)
    .map((word) => `${prefix}${word}`);
}
