import type { BareEnv } from "../../tooling/workerd/bare-object.ts";

export { BareObject } from "../../tooling/workerd/bare-object.ts";

/** Made once for each length. */
const texts = new Map<number, string>();

function textOf(chars: number): string {
  const text = texts.get(chars) ?? "x".repeat(chars);
  texts.set(chars, text);
  return text;
}

/** As an answer of so many characters. */
function echo(n: number, chars: number): Response {
  const around = JSON.stringify({ n, text: "" }).length;
  return Response.json(chars > around ? { n, text: textOf(chars - around) } : { n });
}

/** What every server on this machine is measured against: no protocol, no checks, no auth. */
export default {
  fetch: async (request, env) => {
    const { n } = await request.json<{ n: number }>();
    const object = env.BARE.getByName("bench");
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/echo":
        return echo(n, Number(searchParams.get("chars")));
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
