import { describe, expect, it } from "vitest";
import { health, methodNotAllowed, notFound } from "../../src/http/answers.ts";
import { home } from "../../src/http/home.ts";

const about = { version: "1.2.3", origin: "https://jobs.example.com", isLocked: false };
const get = (accept: string): Request => new Request("https://jobs.example.com/", { headers: { accept } });

describe("home", () => {
  it("tells programs the endpoint and how to connect, as JSON", async () => {
    const body = await home(get("*/*"), about).json();
    expect(body).toMatchObject({
      name: "edge-jobs",
      version: "1.2.3",
      endpoint: "https://jobs.example.com/mcp",
      connect: { cursor: { mcpServers: { jobs: { url: "https://jobs.example.com/mcp" } } } },
    });
  });

  it("tells browsers the same as HTML", async () => {
    const response = home(get("text/html,*/*"), about);
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(await response.text()).toContain("claude mcp add --transport http jobs https://jobs.example.com/mcp");
  });

  it("says in each way how to send a key, where one is needed", async () => {
    const locked = { ...about, isLocked: true };
    const { connect, key } = (await home(get("*/*"), locked).json()) as { connect: object; key: string };
    for (const way of Object.values(connect)) expect(JSON.stringify(way)).toMatch(/Authorization\W+Bearer YOUR_KEY/);
    expect(key).toContain("npm run keys -- create");
    expect(await home(get("text/html"), locked).text()).toContain("Authorization: Bearer YOUR_KEY");
    expect(await home(get("text/html"), about).text()).not.toContain("YOUR_KEY");
  });

  it("escapes what the caller can choose", async () => {
    const html = await home(get("text/html"), { ...about, origin: "https://<img src=x onerror='a'>&\"" }).text();
    expect(html).not.toContain("<img");
    expect(html).toContain("&#60;img src=x onerror=&#39;a&#39;&#62;&#38;");
  });
});

describe("small answers", () => {
  it("health says ok and the version", async () => {
    expect(await health("1.2.3").json()).toEqual({ ok: true, version: "1.2.3" });
  });

  it("an unknown path is 404 and names the endpoint", async () => {
    const response = notFound();
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("POST /mcp");
  });

  it("a wrong method is 405 with Allow", () => {
    const response = methodNotAllowed("GET, HEAD");
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });
});
