import * as z from "zod";

/**
 * A strict object that says of each field that it does not have what to do: one line a field.
 * @param elsewhere what to do about fields that callers often write here
 * @param example of a whole one, for those who send something else
 */
export const strict = <Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  elsewhere: Readonly<Record<string, string>> = {},
  example?: string,
) =>
  z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === "invalid_type" && example !== undefined) return `Send an object, such as ${example}.`;
      if (issue.code !== "unrecognized_keys") return undefined;
      const fields = Object.keys(shape);
      const unknown = `Remove it, or use one of the fields ${fields.join(", ")}.`;
      return issue.keys.map((key) => (Object.hasOwn(elsewhere, key) ? elsewhere[key] : unknown)).join("\n");
    },
  });
