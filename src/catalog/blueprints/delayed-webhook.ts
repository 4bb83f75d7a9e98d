import { MAX_URL_CHARS } from "../../limits.ts";
import type { CatalogEntry } from "../entry.ts";

export const delayedWebhook: CatalogEntry = {
  version: 1,
  document: {
    name: "delayed-webhook",
    description: "Wait, then POST a JSON payload to a URL, with retries: a reminder, a callback, a delayed trigger.",
    input: {
      type: "object",
      required: ["url", "delay", "payload"],
      additionalProperties: false,
      properties: {
        url: { type: "string", format: "uri", maxLength: MAX_URL_CHARS, description: "Where to POST, http or https" },
        delay: { type: "string", description: "How long to wait, such as `90 seconds`, `10 minutes` or `2 days`" },
        payload: { description: "The body: any JSON; a string is sent as plain text" },
      },
    },
    steps: [
      { id: "wait", type: "sleep", for: "{% $input.delay %}" },
      {
        id: "send",
        type: "http",
        method: "POST",
        url: "{% $input.url %}",
        body: "{% $input.payload %}",
        retry: { limit: 5, delay: "5 seconds", backoff: "exponential" },
      },
    ],
    output: { delivered: true, status: "{% $steps.send.status %}" },
  },
};
