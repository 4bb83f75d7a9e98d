import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { MAX_KEY_CHARS } from "../src/limits.ts";

/**
 * What the MCP registry takes, in our words: the fields that a remote server has, with the bounds of the schema of
 * 2025-12-11. Stricter than that schema where it lets unknown fields pass, so that a misspelt one is seen.
 * @see https://github.com/modelcontextprotocol/registry/tree/main/docs/reference/server-json
 */
const Input = z.strictObject({
  description: z.string().optional(),
  isRequired: z.boolean().optional(),
  isSecret: z.boolean().optional(),
  format: z.enum(["string", "number", "boolean", "filepath"]).optional(),
  default: z.string().optional(),
  placeholder: z.string().optional(),
  value: z.string().optional(),
  choices: z.array(z.string()).optional(),
});
const variables = z.record(z.string(), Input).optional();
const namesIn = (template = ""): string[] => [...template.matchAll(/\{([a-zA-Z_]\w*)\}/g)].map(([, name = ""]) => name);
const isKnown = (template: string | undefined, known: object = {}) =>
  namesIn(template).every((name) => Object.hasOwn(known, name));

const Header = Input.extend({ name: z.string().regex(/^[\w-]+$/), variables }).refine(
  (header) => isKnown(header.value, header.variables),
  "a variable of the value is not described",
);
const Remote = z
  .strictObject({
    type: z.enum(["streamable-http", "sse"]),
    url: z.string().regex(/^(https?:\/\/\S+|\{[a-zA-Z_]\w*\}\S*)$/),
    variables,
    headers: z.array(Header).optional(),
  })
  .refine((remote) => isKnown(remote.url, remote.variables), "a variable of the url is not described");
const ServerJson = z.strictObject({
  $schema: z.literal("https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"),
  name: z
    .string()
    .min(3)
    .max(200)
    .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
  title: z.string().min(1).max(100).optional(),
  description: z.string().min(1).max(100),
  // Ranges are refused.
  version: z
    .string()
    .max(255)
    .regex(/^\d+\.\d+\.\d+(-[\w.]+)?$/),
  remotes: z.array(Remote).min(1),
  websiteUrl: z.url().optional(),
  repository: z
    .strictObject({ url: z.url(), source: z.string(), id: z.string().optional(), subfolder: z.string().optional() })
    .optional(),
});

const read = (name: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, "..", name), "utf8"));
const server = ServerJson.parse(read("server.json"));

describe("server.json", () => {
  it("names the version of package.json, as the packages do", () => {
    const versions = ["package.json", "packages/client/package.json", "packages/cli/package.json"].map(read);
    for (const each of versions) expect(each).toMatchObject({ version: server.version });
  });

  it("leads to the endpoint of a deployment, with a key as the server takes it", () => {
    const [remote] = server.remotes;
    const url = new URL(remote?.url.replace("{host}", "jobs.example.com") ?? "");
    expect([url.protocol, url.pathname, remote?.type]).toEqual(["https:", "/mcp", "streamable-http"]);
    const [header] = remote?.headers ?? [];
    const sent = header?.value?.replace("{key}", "k".repeat(MAX_KEY_CHARS));
    expect(new Headers([[header?.name ?? "", sent ?? ""]]).get("authorization")).toMatch(/^Bearer k+$/);
    expect(header?.isSecret).toBe(true);
  });

  const [remote] = server.remotes;
  it.each<[string, object]>([
    ["a name without an owner", { name: "edge-jobs" }],
    ["a name with two slashes", { name: "io.github.a/b/c" }],
    ["a description of 101 characters", { description: "x".repeat(101) }],
    ["a range of versions", { version: "^0.1.0" }],
    ["an unknown field", { remote: [] }],
    ["no way to connect", { remotes: [] }],
    ["an unknown transport", { remotes: [{ ...remote, type: "http" }] }],
    ["a url without a scheme", { remotes: [{ ...remote, url: "jobs.example.com/mcp" }] }],
    ["a variable that nobody describes", { remotes: [{ ...remote, url: "https://{name}/mcp" }] }],
    ["an older schema", { $schema: "https://static.modelcontextprotocol.io/schemas/2025-07-09/server.schema.json" }],
  ])("would be refused with %s", (_, over) => {
    expect(ServerJson.safeParse({ ...server, ...over }).success).toBe(false);
  });
});
