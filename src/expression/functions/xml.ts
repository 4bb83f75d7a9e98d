import { parseXml, type XmlElement, type XmlNode } from "@rgrove/parse-xml";
import type { Json } from "../../lib/json.ts";

const isElement = (node: XmlNode): node is XmlElement => node.type === "element";

/** One value a name; a list where the name repeats. */
function fieldsOf(element: XmlElement): Map<string, Json> {
  const lists = new Map<string, Json[]>();
  for (const child of element.children.filter(isElement)) {
    const known = lists.get(child.name);
    if (known === undefined) lists.set(child.name, [readElement(child)]);
    else known.push(readElement(child));
  }
  return new Map(
    [...lists].map(([name, values]): [string, Json] => [name, values.length === 1 ? (values[0] ?? null) : values]),
  );
}

function readElement(element: XmlElement): Json {
  const attributes = Object.entries(element.attributes).map(([name, value]): [string, Json] => [`@${name}`, value]);
  const fields = fieldsOf(element);
  const texts = element.children.filter((child) => !isElement(child)).map((child) => child.toJSON().text);
  const text = texts.filter((each) => typeof each === "string").join("");
  if (attributes.length === 0 && fields.size === 0) return text;
  // Between elements white space is layout.
  const mixed = fields.size === 0 ? text : text.trim();
  return Object.fromEntries([...attributes, ...fields, ...(mixed === "" ? [] : [["#text", mixed] as const])]);
}

/** `{root: value}`: attributes as `@name`, texts beside them as `#text`. Knows no entities but XML's own. Throws on other text. */
export function readXml(text: string): Json {
  const { root } = parseXml(text);
  return root === null ? null : Object.fromEntries([[root.name, readElement(root)]]);
}
