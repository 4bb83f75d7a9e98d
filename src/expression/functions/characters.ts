/**
 * Functions of texts by their characters, as the language counts them: half a surrogate pair is none. The library's own
 * make a list with an entry for each character: ten times the memory of the text.
 */

const isPair = (text: string, unit: number): boolean => (text.codePointAt(unit) ?? 0) > 0xffff;

function characters(text: string): number {
  let pairs = 0;
  for (let unit = 0; unit < text.length; unit++) {
    if (!isPair(text, unit)) continue;
    pairs += 1;
    unit += 1;
  }
  return text.length - pairs;
}

/** Where the first `count` characters end. */
function unitsOf(text: string, count: number): number {
  let unit = 0;
  for (let seen = 0; seen < count && unit < text.length; seen++) unit += isPair(text, unit) ? 2 : 1;
  return unit;
}

export const firstCharacters = (text: string, count: number): string => text.slice(0, unitsOf(text, count));

/** `$length`. */
export const length = (str: string | undefined): number | undefined =>
  str === undefined ? undefined : characters(str);

/** Where a list of so many entries is cut. */
const place = (at: number, count: number): number => {
  const whole = Math.trunc(at);
  return whole < 0 ? Math.max(0, count + whole) : whole;
};

/** `$substring`. @param start below 0: from the end */
export function substring(str: string | undefined, start: number, length?: number): string | undefined {
  if (str === undefined) return undefined;
  if (length !== undefined && length <= 0) return "";
  const count = characters(str);
  const from = count + start < 0 ? 0 : start;
  const to = length === undefined ? count : (from < 0 ? count + from : from) + length;
  return str.slice(unitsOf(str, place(from, count)), unitsOf(str, place(to, count)));
}

/**
 * `$pad`.
 * @param width at least so many characters; below 0 they are put in front
 */
export function padText(str: string | undefined, width: number, char?: string): string | undefined {
  if (str === undefined) return undefined;
  const fill = char === undefined || char === "" ? " " : char;
  const missing = Math.abs(Math.trunc(width)) - characters(str);
  if (missing <= 0) return str;
  const padding = fill.length === 1 ? fill.repeat(missing) : firstCharacters(fill.repeat(missing), missing);
  return width > 0 ? str + padding : padding + str;
}
