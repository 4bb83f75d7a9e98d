import type { Problem } from "./problem.ts";

/**
 * JSONata ends a regular expression at the first slash outside of brackets, and counts brackets inside of a class, too:
 * `/[(]/` goes on to a later slash, or to the end.
 */

/** Whether JSONata reads the literal to the same end. @param literal with its slashes and flags */
function isReadWhole(literal: string): boolean {
  const end = literal.lastIndexOf("/");
  let depth = 0;
  for (let i = 1; i < end; i++) {
    const escaped = literal[i - 1] === "\\";
    const char = literal.charAt(i);
    if (char === "/" && depth === 0 && !escaped) return false;
    if ("([{".includes(char) && !escaped) depth++;
    if (")]}".includes(char) && !escaped) depth--;
  }
  return depth === 0;
}

export function regexProblems(regexes: readonly string[]): Problem[] {
  const miscounted = regexes.filter((literal) => !isReadWhole(literal)).map((literal) => literal.slice(0, 60));
  if (miscounted.length === 0) return [];
  const message = `the brackets of ${miscounted.join(" and ")} are miscounted, so that it ends elsewhere`;
  const fix = String.raw`Put a backslash before brackets that are characters, as in [\(\)], and write \x5c for a backslash before a bracket.`;
  return [{ message, fix }];
}
