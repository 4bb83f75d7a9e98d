import type { BareEnv } from "../../tooling/workerd/bare-object.ts";

export { BareObject } from "../../tooling/workerd/bare-object.ts";

/** As long as an answer to tools/list. */
const LONG = "x".repeat(13_400);

/** What every server on this machine is measured against: no protocol, no checks, no auth. */
export default {
  fetch: async (request, env) => {
    const { n } = await request.json<{ n: number }>();
    const object = env.BARE.getByName("bench");
    switch (new URL(request.url).pathname) {
      case "/echo":
        return Response.json({ n });
      case "/echo13k":
        return Response.json({ n, text: LONG });
      case "/read50":
        return Response.json({ n, rows: await object.readPage() });
      case "/read":
        return Response.json({ n, row: await object.read("first") });
      case "/insert":
        return Response.json({ n, row: await object.insert() });
      default:
        return new Response(null, { status: 404 });
    }
  },
} satisfies ExportedHandler<BareEnv>;
