import type { CatalogEntry } from "../entry.ts";

export const notifySlack: CatalogEntry = {
  version: 1,
  secrets: ["SLACK_WEBHOOK_URL"],
  document: {
    name: "notify-slack",
    description: "Say in Slack what happened, by the incoming webhook that the operator keeps as SLACK_WEBHOOK_URL.",
    input: {
      type: "object",
      additionalProperties: false,
      properties: {
        event: { type: "object", description: "What happened, as events_read tells it" },
        text: { type: "string", maxLength: 3000, description: "What to say; made of the event when left out" },
      },
    },
    steps: [
      {
        id: "say",
        type: "transform",
        value:
          "{% $exists($input.text) ? $input.text : $join([$input.event.name, $input.event.data.name, $input.event.data.status, $input.event.data.job_id, $input.event.data.error], ' ') %}",
      },
      {
        id: "send",
        type: "http",
        method: "POST",
        url: { secret: "SLACK_WEBHOOK_URL" },
        body: {
          text: "{% $replace($replace($replace($steps.say, '&', '&amp;'), '<', '&lt;'), '>', '&gt;') %}",
        },
        retry: { limit: 5, delay: "5 seconds" },
      },
    ],
    output: { delivered: true, text: "{% $steps.say %}" },
  },
};
