/** Characters as the language counts them: half a surrogate pair is none. */
function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

function firstCharacters(text: string, count: number): string {
  if (characters(text) === text.length) return text.slice(0, count);
  return [...text].slice(0, count).join("");
}

/**
 * `$pad`. The library's own makes a list with an entry for each character: ten times the memory of the text.
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
