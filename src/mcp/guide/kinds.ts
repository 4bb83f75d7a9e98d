import type { Kind } from "../../blueprint/kinds/common.ts";
import type { Step } from "../../blueprint/kinds/index.ts";
import { kindList } from "./field-table.ts";

/** What the schemas do not say of each kind. */

interface Notes {
  does: string;
  output: string;
  more?: string;
}

const NOTES: Readonly<Record<Step["type"], Notes>> = {
  http: {
    does: "One HTTP request; with `until` the same again and again (polling); with `pages` page after page.",
    output:
      "`{status, headers, body, bytes, url}`; `body` as `as` says, integers beyond 2^53 as text, empty for HEAD, 204 and 304; header names are lower case, `set-cookie` is a list; `url` is where redirects ended; with `pages`: `{items, pages, complete}`",
    more: 'A value in a longer `url` is encoded as one component; a path or URL that you were given needs a `url` that is one whole expression, such as `{% $url(base, path) %}`. Tried again: no answer, timeout, 408, 425, 429 and 5xx; when `Retry-After` says, else after a backoff of 5 minutes at most. Every request carries an `Idempotency-Key`, the same in each try, attempt and jobs_retry until it is known how it came out, so that a service that honours it acts once. Tokens: `{"secret": "NAME"}`, or with `"prefix": "Bearer "`, as a value of `headers`, `query`, `form` or `auth`, in `body`, or as the whole `url`; the operator allows the names and binds each to hosts. Never write a token out. Private addresses are refused.',
  },
  sleep: {
    does: "Waits: `for` a time, or `until` one.",
    output: "`{}`, not the output of the steps around it",
  },
  transform: { does: "Computes a value.", output: "the value" },
  handler: {
    does: "Calls a function that ships with the server (listed below).",
    output: "what the function gives",
  },
  worker: {
    does: "Offers `input` to workers, which claim it with work_claim and report with work_report.",
    output: "what the worker reported",
    more: "A lost lease and `fail` are tries. One that lost its lease may still act: what it does must bear that.",
  },
  ai: {
    does: "Asks a language model of the server. It has no tools, and what it answers is data.",
    output:
      "`{text, value, model, usage}`; `value` is the object that `schema` asks for; a wrong one is sent back once, then `ai_invalid`. `usage.total_tokens` counts against `budget.ai_tokens` of the blueprint and a daily cap of the tenant",
  },
  input: {
    does: "Asks a person or an agent and waits; the job is `input_required` meanwhile. With `event` nobody is asked, and the job is `running`: the first event that fits, from when the step begins, answers. The `request_id` of the question is the step's id; in rows and rounds its path, such as `each[2].ask`. At most 16 are open at once, other rows wait.",
    output: "`{action, content}`: `accept` with the content, `decline` with null, or `expired` with `default`",
    more: 'With `link: true`, `$link.<id>` is a URL to send to a person from an earlier step: a page with a form, or POST it JSON; whoever has it answers, once. `schema` may then be any JSON Schema. An `enum` may be one expression. Else the `schema` is flat: `{"type": "object", "properties": {...}, "required": [...]}` where each property is a string (`enum`, `minLength`, `maxLength`, `format`), number, integer (`minimum`, `maximum`), boolean, or a list of choices.',
  },
  map: {
    does: "Several items at a time; inside, `$steps` also has the item's earlier steps.",
    output: "list of each item's last output, in order",
    more: 'An item that fails fails the map; with `on_error: "continue"` on its step it goes on with `{error}`.',
  },
  end: {
    does: "Ends the whole job, also from inside rows and rounds.",
    output: "none",
  },
  repeat: {
    does: "Runs `steps` again and again with `$state`, what the round before left, and `$round`, from 1. After a round, over its `$steps` too, `next` makes the new `$state`, then `while` or `until` looks at it. Without them it runs `limit` rounds.",
    output: "the last `$state`",
    more: "Only the state outlives a round.",
  },
  parallel: {
    does: "A branch sees the steps before the `parallel` and its own.",
    output: "each branch's last output by name; with `first`: `{branch, value}`",
  },
  store: {
    does: "Reads, writes or deletes a key that all jobs of the tenant share. At most 1,000 keys, values to 64 KiB.",
    output:
      '`{value, version, stored, expires_at}`; of an absent key no `value`, and `version` 0. `if: "absent"` and `for` make a lock. A write happens once, and is not the output of the steps around it',
  },
  emit: {
    does: "Tells `events_read` and subscriptions.",
    output: "`{event_id}`, not the output of the steps around it",
  },
  job: {
    does: "Runs another blueprint as a child job, and waits. It sees its own `input` only. Cancelled with the parent, unless `detached`.",
    output: "the child's result; a failed child fails the step; with `detached`: `{job_id}`",
  },
};

/** @param type one of KIND_TABLE */
export function kindSection(type: string, kind: Kind): string {
  const { does, output, more } = NOTES[type as Step["type"]];
  const lines = [does, kindList(type, kind), `Output: ${output}.`];
  return [...lines, ...(more === undefined ? [] : [more])].join("\n\n");
}
