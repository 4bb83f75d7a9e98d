import type { FixedResource } from "../resource.ts";

/** What this server is as a module. The lists come from what is registered, so they cannot differ from it. */
export const moduleDescriptor: FixedResource = {
  name: "module",
  title: "Module descriptor",
  description: "What the jobs module offers: its tools, resources and prompts.",
  mimeType: "application/json",
  uri: "module://jobs",
  cacheHint: { ttlMs: 300_000, cacheScope: "public" },
  read: ({ version }, { tools, resources, prompts }) =>
    JSON.stringify({
      name: "jobs",
      title: "Edge Jobs",
      version,
      summary: "Durable background jobs: submit a plan of steps, walk away, come back to a result that is never lost.",
      tags: ["background", "async", "orchestration"],
      maturity: "beta",
      tools,
      resources,
      prompts,
    }),
};
