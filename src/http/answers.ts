/** Small JSON answers of the routes outside /mcp. */

export const health = (version: string): Response => Response.json({ ok: true, version });

export const notFound = (): Response =>
  Response.json(
    { error: "not_found", message: "Nothing is here.", fix: "The MCP endpoint is POST /mcp." },
    { status: 404 },
  );

export const methodNotAllowed = (allow: string): Response =>
  Response.json({ error: "method_not_allowed", message: `Use ${allow}.` }, { status: 405, headers: { allow } });
