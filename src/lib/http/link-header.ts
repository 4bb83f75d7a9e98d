/** One link of a header `Link` (RFC 8288): its reference, and its parameters. */
const LINK = /<([^>]*)>((?:\s*;\s*[\w!#$&+.^`|~*-]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s",;]*))?)*)/g;
const REL = /;\s*rel\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))/i;

/** The reference of the link to the next page; undefined when the header has none. */
export function nextLink(header: string): string | undefined {
  for (const [, reference, parameters = ""] of header.matchAll(LINK)) {
    const [, quoted, bare = ""] = REL.exec(parameters) ?? [];
    const relations = (quoted ?? bare).toLowerCase().split(/\s+/);
    if (relations.includes("next")) return reference;
  }
  return undefined;
}
