import type { Kind } from "../../blueprint/kinds/common.ts";
import { KIND_TABLE, type Step } from "../../blueprint/kinds/index.ts";
import { kindTable } from "./field-table.ts";

/** What the schemas do not say of each kind. */

interface Notes {
  does: string;
  output: string;
  /** Metered engine steps. */
  cost: string;
  more?: string;
}

const NOTES: Readonly<Record<Step["type"], Notes>> = {
  http: {
    does: "One HTTP request; with `until`, the same request again and again (polling).",
    output:
      "`{status, headers, body, bytes}`; `body` is parsed when it is JSON, else text; header names are lower case",
    cost: "1; polling n times: 2n - 1",
    more: 'Tried again: no answer, timeout, 408, 425, 429 and 5xx, never other statuses; `Retry-After` is honoured. Every request carries an `Idempotency-Key` that stays the same in all its tries. A token goes into a header as `{"secret": "NAME"}`, a name that the operator has allowed, which goes only to the hosts that it is bound to; never write it out, and no expression can name one. Private addresses are refused.',
  },
  sleep: {
    does: "Waits, at no cost while it waits. Exactly one of `for` and `until`.",
    output: "`{}`",
    cost: "1",
  },
  transform: { does: "Computes a value.", output: "the value", cost: "0" },
  handler: {
    does: "Calls a function that ships with the server (listed below).",
    output: "what the function gives",
    cost: "1",
  },
  input: {
    does: "Asks a person or an agent and waits; the job is `input_required` meanwhile. The `request_id` of the question is the step's id. Not inside `map`.",
    output:
      "`{action, content}`: `accept` with the content, or `decline` with null. When nobody answers in time it is `accept` with `default`; without one the step fails",
    cost: "1",
    more: 'The `schema` is flat: `{"type": "object", "properties": {...}, "required": [...]}` where each property is a string (`enum`, `minLength`, `maxLength`, `format`), number, integer (`minimum`, `maximum`), boolean, or a list of choices.',
  },
  map: {
    does: "Runs `steps` for each item, several items at a time. `$item` is the item, `$index` counts from 0; inside, `$steps` also has the earlier steps of the same item.",
    output: "list of each item's last output, in order",
    cost: "its steps' for each item",
    more: 'An item that fails fails the map, unless the step in it has `on_error: "continue"`; then the item goes on with `{error}`.',
  },
  parallel: {
    does: "Runs lists of steps at the same time. A branch sees the steps before the `parallel` and its own.",
    output: "object of each branch's last output, by branch name",
    cost: "its branches'",
  },
  job: {
    does: "Runs another blueprint as a child job with a status of its own, and waits for it. It sees its own `input` only; its steps are not `$steps` here. Cancelled with the parent.",
    output: "the child's result; a failed child fails the step",
    cost: "1, and the child's own",
  },
};

const section = (type: Step["type"], kind: Kind): string => {
  const { does, output, cost, more } = NOTES[type];
  const lines = [`### ${type}`, does, kindTable(type, kind), `Output: ${output}. Engine steps: ${cost}.`];
  return [...lines, ...(more === undefined ? [] : [more])].join("\n\n");
};

export const kindSections = (): string =>
  [...KIND_TABLE].map(([type, kind]) => section(type as Step["type"], kind)).join("\n\n");
