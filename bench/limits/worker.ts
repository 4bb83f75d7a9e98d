import type { BareEnv } from "../../tooling/workerd/bare-object.ts";

export { BareObject } from "../../tooling/workerd/bare-object.ts";

/** What every server on this machine is measured against: no protocol, no checks, no auth. */
export default {
  fetch: async (request, env) => {
    const { n } = await request.json<{ n: number }>();
    const object = env.BARE.getByName("bench");
    switch (new URL(request.url).pathname) {
      case "/echo":
        return Response.json({ n });
      case "/read":
        return Response.json({ n, row: await object.read("first") });
      case "/insert":
        return Response.json({ n, row: await object.insert() });
      default:
        return new Response(null, { status: 404 });
    }
  },
} satisfies ExportedHandler<BareEnv>;
