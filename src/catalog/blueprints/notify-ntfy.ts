import type { CatalogEntry } from "../entry.ts";

export const notifyNtfy: CatalogEntry = {
  version: 1,
  document: {
    name: "notify-ntfy",
    description: "Push a notification to a phone by ntfy: a topic of ntfy.sh, or of a server of your own.",
    input: {
      type: "object",
      required: ["topic"],
      additionalProperties: false,
      properties: {
        topic: { type: "string", minLength: 1, maxLength: 64, description: "Who subscribed to it gets the message" },
        server: {
          type: "string",
          format: "uri",
          default: "https://ntfy.sh/",
          description: "Address of the ntfy server",
        },
        title: { type: "string", maxLength: 200, default: "Edge Jobs", description: "Title of the message" },
        priority: { type: "integer", minimum: 1, maximum: 5, default: 3, description: "5 is the most urgent" },
        event: { type: "object", description: "What happened, as events_read tells it" },
        text: { type: "string", maxLength: 3000, description: "What to say; made of the event when left out" },
      },
    },
    steps: [
      {
        id: "send",
        type: "http",
        method: "POST",
        url: "{% $input.server %}",
        body: {
          topic: "{% $input.topic %}",
          title: "{% $input.title %}",
          priority: "{% $input.priority %}",
          message:
            "{% $exists($input.text) ? $input.text : $join([$input.event.name, $input.event.data.name, $input.event.data.status, $input.event.data.job_id, $input.event.data.error], ' ') %}",
        },
        retry: { limit: 5, delay: "5 seconds" },
      },
    ],
    output: { delivered: true, status: "{% $steps.send.status %}" },
  },
};
