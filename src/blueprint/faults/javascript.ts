import { FUNCTION_NAMES } from "../../expression/functions/functions.ts";
import { ownValue } from "../../lib/json.ts";
import type { Problem } from "./problem.ts";

/** JavaScript where JSONata is meant, each with JSONata's word for it. */

type Rule = readonly [pattern: RegExp, instead: (found: string, name: string) => string];

export const FUNCTIONS: Readonly<Record<string, string>> = {
  "JSON.parse": FUNCTION_NAMES.has("parse") ? "$parse(text)" : "the body of an http step, which is parsed already",
  "JSON.stringify": "$string(value)",
  "Date.now": "$millis()",
  "Date.parse": "$toMillis(text)",
  "Object.keys": "$keys(object)",
  "Object.values": "object.*",
  "Object.entries": "$each(object, function($value, $key) { ... })",
  "Array.isArray": '$type(value) = "array"',
  "Number.parseInt": "$number(text)",
  "Number.parseFloat": "$number(text)",
};

export const METHODS: Readonly<Record<string, string>> = {
  map: "$map(list, function($x) { ... }), or list.(...)",
  filter: "list[condition], or $filter(list, function($x) { ... })",
  reduce: "$reduce(list, function($sum, $x) { ... })",
  find: "list[condition][0]",
  forEach: "$map(list, function($x) { ... })",
  some: "$count(list[condition]) > 0",
  every: "$count(list[condition]) = $count(list)",
  includes: "value in list, or $contains(text, part)",
  join: "$join(list, separator)",
  split: "$split(text, separator)",
  concat: "$append(a, b), or a & b for texts",
  push: "$append(list, value)",
  slice: "list[[1..3]], or $substring(text, start, length)",
  substring: "$substring(text, start, length)",
  replace: "$replace(text, pattern, replacement)",
  replaceAll: "$replace(text, pattern, replacement)",
  match: "$match(text, pattern)",
  test: "$contains(text, pattern)",
  trim: "$trim(text)",
  toUpperCase: "$uppercase(text)",
  toLowerCase: "$lowercase(text)",
  toString: "$string(value)",
  toFixed: '$formatNumber(number, "0.00")',
  toISOString: "$fromMillis(number)",
  startsWith: "$contains(text, /^start/)",
  endsWith: "$contains(text, /end$/)",
  sort: "$sort(list), or list^(field)",
  reverse: "$reverse(list)",
  keys: "$keys(object)",
};

const functionOf = (name: string): string =>
  FUNCTIONS[name] ??
  (name.startsWith("Math.") ? `$${name.slice("Math.".length)}(...)` : "a function that starts with $");

const methodOf = (name: string): string =>
  ownValue(METHODS, name) ?? "a function that starts with $, with the value as its first argument";

/** In the order in which they are looked for: what one finds, later ones do not see. */
const RULES: readonly Rule[] = [
  [/!==?(?==)|!==/, () => "a != b"],
  [/(?<![!=<>:])===?(?!=)/, () => "a = b"],
  [/=>/, () => "function($x) { ... }"],
  [/&&/, () => "a and b"],
  [/\|\|/, () => "a or b"],
  [/!(?!=)/, () => "$not(x)"],
  [/\?\.(?=[A-Za-z_$[(])/, () => "a.b: a path through nothing is nothing"],
  // Called, and no field of that name.
  [
    /(?<![\w.$])((?:JSON|Date|Object|Array|Number|Math)\s*\.\s*[A-Za-z]\w*)(?=\s*\()/,
    (_, name) => functionOf(name.replace(/\s/g, "")),
  ],
  [/\bnew\s+Date\b/, () => "$now(), or $toMillis(text)"],
  [/(?<![\w.$])typeof\b/, () => "$type(value)"],
  [/(?<![\w.$])undefined\b/, () => "$exists(value)"],
  [/(?<![\w.$])(?:const|let|var)\s+(?!(?:and|or|in)\b)\w+/, () => "( $x := value; ... )"],
  [/\.\s*length\b(?!\s*\()/, () => "$length(text) or $count(list), and .`length` for a field of that name"],
  [/\.\s*([A-Za-z_]\w*)\s*\(/, (_, name) => methodOf(name)],
  [/""\s*\+|\+\s*""/, () => "a & b, which joins texts; + adds numbers"],
];

const NAMES = new Map([
  ['""+', "+ on text"],
  ['+""', "+ on text"],
]);

const shown = (found: string): string => {
  const text = found.replace(/\s+/g, found.startsWith("new") || /^(const|let|var)/.test(found) ? " " : "");
  return NAMES.get(text) ?? text;
};

/** @param code of `readSource`: without what is inside of literals */
export function javascriptProblems(code: string): Problem[] {
  let rest = code;
  return RULES.flatMap(([pattern, instead]) => {
    const found = pattern.exec(rest);
    if (found === null) return [];
    rest = rest.replaceAll(new RegExp(pattern, "g"), " ");
    const message = `${shown(found[0])} is JavaScript, and this is JSONata`;
    return [{ message, fix: `Write ${instead(found[0], found[1] ?? "")}.` }];
  });
}
