import { LOSSY, LossyNumber, parseJson } from "../../lib/exact-json.ts";
import { oneLine } from "../../lib/safe-text.ts";
import type { Problem } from "./problem.ts";

/** Numbers in an expression, which JSONata would read as other ones without a word. */

const NUMBER = /(?<![\w$])\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
const MAX_SHOWN_DIGITS = 40;

/** @param code of `readSource`: without what is inside of literals */
export function numberProblems(code: string): Problem[] {
  const lossy = [...code.matchAll(NUMBER)].find(([text]) => parseJson(text) instanceof LossyNumber);
  if (lossy === undefined) return [];
  const shown = oneLine(lossy[0], MAX_SHOWN_DIGITS);
  return [
    {
      message: `${shown} ${LOSSY}`,
      fix: `Write it as text ("${shown}"), or as 1e16 where about so much will do.`,
    },
  ];
}
