/** One thing that is wrong with what a caller sent: where, what, and what to do about it. */
export interface Fault {
  /** JSON path from the tool's arguments, such as `blueprint.steps[0].url` or `input.urls`. */
  path: string;
  message: string;
  fix: string;
}

/** `["steps", 0, "url"]` below `blueprint` is `blueprint.steps[0].url`. */
export function jsonPath(root: string, keys: readonly PropertyKey[]): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === "number") return `${path}[${key}]`;
    const name = String(key);
    return /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
  }, root);
}
