import type { CatalogEntry } from "../entry.ts";

export const notifyWebhook: CatalogEntry = {
  version: 1,
  secrets: ["NOTIFY_WEBHOOK_SECRET"],
  document: {
    name: "notify-webhook",
    description: "POST an event to a URL, signed by Standard Webhooks with the operator's NOTIFY_WEBHOOK_SECRET.",
    input: {
      type: "object",
      required: ["url", "event"],
      additionalProperties: false,
      properties: {
        url: { type: "string", format: "uri", description: "Where to POST" },
        event: { type: "object", description: "What happened, as events_read tells it" },
      },
    },
    steps: [
      {
        id: "send",
        type: "http",
        method: "POST",
        url: "{% $input.url %}",
        auth: { standard_webhook: { secret: "NOTIFY_WEBHOOK_SECRET" } },
        body: "{% $input.event %}",
        retry: { limit: 5, delay: "5 seconds" },
      },
    ],
    output: { delivered: true, status: "{% $steps.send.status %}" },
  },
};
