import type { BareEnv } from "../../../tooling/workerd/bare-object.ts";

export { BareObject } from "../../../tooling/workerd/bare-object.ts";

/** The least that a Worker with an object can do for a call: read a row. */
export default {
  fetch: async (_request, env) => Response.json(await env.BARE.getByName("bare").read("first")),
} satisfies ExportedHandler<BareEnv>;
