import type { Problem } from "./problem.ts";
import { textsAround } from "./source.ts";

/** Values in the spelling of other template languages, which would be sent as they stand. */

/** `input.name`, `$steps.a.b` and the like as an expression. */
function expressionOf(inside: string): string {
  const path = inside.trim();
  return /^(input|steps|item|index|job)\b/.test(path) ? `$${path}` : path;
}

const LONGEST_SHOWN = 60;
const isSpelt = (path: string): boolean => /^[$\w.[\]`-]+$/.test(path) && path.length <= LONGEST_SHOWN;

const asItIs = (found: string): string =>
  found.includes("'") || found.length > LONGEST_SHOWN ? "" : `; if the text is meant as it is, {% '${found}' %}`;

/** Each with what it holds as its only group, where it holds something. */
const SPELLINGS: readonly RegExp[] = [
  /\$?\{\{(.{0,200}?)\}\}/s,
  /\$\{([^{}]*)\}/,
  /(\$(?:steps|input)\.[\w.]*\w|\$item(?:\.\w+)*)(?!\w)/,
];

/** @param text of a field that takes expressions */
export function foreignProblems(text: string): Problem[] {
  return textsAround(text).flatMap((around) => {
    let rest = around;
    return SPELLINGS.flatMap((spelling) => {
      const found = spelling.exec(rest);
      if (found === null) return [];
      rest = rest.replaceAll(new RegExp(spelling, `g${spelling.flags}`), " ");
      const [whole, inside = ""] = found;
      const expression = expressionOf(inside);
      const example = isSpelt(expression) ? `{% ${expression} %}` : "{% $input.name %}";
      const message = `${whole.slice(0, LONGEST_SHOWN)} is sent as it stands: expressions are between {% and %}`;
      return [{ message, fix: `Write ${example}${asItIs(whole)}.` }];
    });
  });
}
