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

/** How to send what another system shall read. */
function asItIs(found: string): string {
  const quote = ["'", '"'].find((mark) => !found.includes(mark));
  if (quote === undefined || /\\|%\}/.test(found)) {
    return "; if the text is meant as it is, send it in input and write {% $input.text %}";
  }
  const shown = found.length > LONGEST_SHOWN ? "..." : found;
  return `; if the text is meant as it is, {% ${quote}${shown}${quote} %}`;
}

/** Each with what it holds as its only group, where it holds something. */
const SPELLINGS: readonly RegExp[] = [
  /\$?\{\{(.{0,200}?)\}\}/s,
  /\$\{([^{}]*)\}/,
  /(\$(?:steps|input)\.[\w.]*\w|\$item(?:\.\w+)*)(?!\w)/,
  /\$\.((?:input|steps|item)\.[\w.]*\w)/,
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
