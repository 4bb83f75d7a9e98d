import type { CatalogEntry } from "../entry.ts";

export const wakeOpenclaw: CatalogEntry = {
  version: 1,
  secrets: ["OPENCLAW_HOOKS_TOKEN"],
  document: {
    name: "wake-openclaw",
    description: "Wake an OpenClaw agent with a text, by the hooks of its gateway.",
    input: {
      type: "object",
      required: ["gateway"],
      additionalProperties: false,
      properties: {
        gateway: { type: "string", format: "uri", description: "Address of the gateway, which must be public" },
        mode: { type: "string", enum: ["now", "next-heartbeat"], default: "now", description: "When it looks" },
        event: { type: "object", description: "What happened, as events_read tells it" },
        text: { type: "string", maxLength: 3000, description: "What to say; made of the event when left out" },
      },
    },
    steps: [
      {
        id: "wake",
        type: "http",
        method: "POST",
        url: "{% $url($input.gateway, '/hooks/wake') %}",
        auth: { bearer: { secret: "OPENCLAW_HOOKS_TOKEN" } },
        body: {
          text: "{% $exists($input.text) ? $input.text : $join([$input.event.name, $input.event.data.name, $input.event.data.status, $input.event.data.job_id, $input.event.data.error], ' ') %}",
          mode: "{% $input.mode %}",
        },
        retry: { limit: 5, delay: "5 seconds" },
      },
    ],
    output: { delivered: true, status: "{% $steps.wake.status %}" },
  },
};
