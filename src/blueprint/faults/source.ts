/** The source of expressions as text, for what its syntax tree does not tell, or has no tree. */

/** The parts of a string by turns: text, the source of an expression, text, ... */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let at = 0;
  for (let open = text.indexOf("{%"); open >= 0; open = text.indexOf("{%", at)) {
    const close = text.indexOf("%}", open);
    if (close < 0) break;
    parts.push(text.slice(at, open), text.slice(open + 2, close));
    at = close + 2;
  }
  return [...parts, text.slice(at)];
}

export const textsAround = (text: string): string[] => partsOf(text).filter((_, i) => i % 2 === 0);
export const sourcesIn = (text: string): string[] => partsOf(text).filter((_, i) => i % 2 === 1);

/** What is opened and never closed goes on to the end. */
const LITERALS: readonly (readonly [pattern: RegExp, shown: string])[] = [
  [/"(?:[^"\\]|\\[\s\S]?)*(?:"|$)|'(?:[^'\\]|\\[\s\S]?)*(?:'|$)/y, '""'],
  [/`[^`]*(?:`|$)/y, "name"],
  [/\/\*(?:[^*]|\*(?!\/))*(?:\*\/|$)/y, " "],
];
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.){0,500}\])+\/[im]*/y;

/** Up to where a literal may begin. */
const PLAIN = /[^"'`/]+/y;

/** After one of these a slash divides. */
const ENDS_OPERAND = /[\w)\]}"'`]/;

export interface Source {
  /** Without what is inside of literals: `""` for each text, `//` for each regular expression, `name` for a quoted name. */
  code: string;
  /** Regular expressions as JavaScript reads them, slashes included. */
  regexes: string[];
}

const matchAt = (pattern: RegExp, source: string, index: number): string | undefined => {
  pattern.lastIndex = index;
  return pattern.exec(source)?.[0];
};

export function readSource(source: string): Source {
  const regexes: string[] = [];
  let code = "";
  /** The last character of the code that is no space. */
  let last = "";
  const literalAt = (index: number): readonly [found: string, shown: string] | undefined => {
    for (const [pattern, shown] of LITERALS) {
      const found = matchAt(pattern, source, index);
      if (found !== undefined) return [found, shown];
    }
    const divides = source[index] !== "/" || ENDS_OPERAND.test(last);
    const regex = divides ? undefined : matchAt(REGEX, source, index);
    if (regex === undefined) return undefined;
    regexes.push(regex);
    return [regex, "//"];
  };
  for (let index = 0; index < source.length; ) {
    const plain = matchAt(PLAIN, source, index);
    const literal = plain === undefined ? literalAt(index) : undefined;
    const [found, shown] = literal ?? [plain ?? source.charAt(index), plain ?? source.charAt(index)];
    code += shown;
    last = shown.trimEnd().at(-1) ?? last;
    index += found.length;
  }
  return { code, regexes };
}
