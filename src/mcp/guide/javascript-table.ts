import { FUNCTIONS, METHODS } from "../../blueprint/faults/javascript.ts";

/** What the checks at submit say about JavaScript, in one table. */

const OPERATORS: Readonly<Record<string, string>> = {
  "a === b, a !== b": "a = b, a != b",
  "a && b, a || b, !a": "a and b, a or b, $not(a)",
  "a ?? b": "a ?? b",
  "a?.b": "a.b: a path through nothing is nothing",
  "`a ${b}`, a + b of texts": "a & b",
  "x => x + 1": "function($x) { $x + 1 }",
  "const x = 1; ...": "( $x := 1; ... )",
  "list.length, text.length": "$count(list), $length(text)",
  "{ ...a, ...b }": "$merge([a, b])",
  "typeof x": "$type(x)",
};

const cell = (text: string): string => `\`${text.replaceAll("|", "\\|").replaceAll("`", "'")}\``;

export const javascriptTable = (): string => {
  const methods = Object.entries(METHODS).map(([name, instead]) => [`x.${name}()`, instead]);
  const rows = [...Object.entries(OPERATORS), ...Object.entries(FUNCTIONS), ...methods];
  return [
    "| JavaScript | JSONata |",
    "|-|-|",
    ...rows.map(([theirs = "", ours = ""]) => `| ${cell(theirs)} | ${cell(ours)} |`),
  ].join("\n");
};
