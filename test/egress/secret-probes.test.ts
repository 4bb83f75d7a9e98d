import { afterEach, expect, it, vi } from "vitest";
import { egress } from "../../src/egress/egress.ts";
import { Secrets } from "../../src/egress/secrets.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { type Bench, inRegistry } from "../registry/bench.ts";
import { runSteps } from "../runner/bench.ts";
import { HOME } from "../support/home-deployment.ts";
import { base64, finder, hex, looksLike, PLACES, SPELLINGS } from "./secret-places.ts";

/** Every place where a secret can stand, every way to get one out: none reaches another host, and none is stored. */

const VALUE = 'k9/Zq+"7 &_s3cr3t';
const HOOK = "https://api.example.com/services/T0/k9Zq7abcdef";
const SECRET = { secret: "TOKEN" };
const OURS = "api.example.com";

type Network = (url: URL, request: Request) => Response | Promise<Response>;

interface Probe {
  step: JsonObject;
  network: Network;
  input?: JsonObject;
  /** Undefined: the secrets are another tenant's. */
  hosts?: string[] | undefined;
}

/** All that left for another host than ours, and all that was stored. */
async function probe(bench: Bench, { step, network, input = {}, hosts = [OURS] }: Probe) {
  const left: string[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation(async (target, init) => {
    const request = new Request(target, init);
    const url = new URL(request.url);
    const all = `${url.href} ${JSON.stringify([...request.headers])} ${await request.clone().text()}`;
    if (url.hostname !== OURS) left.push(all);
    return network(url, request);
  });
  const secrets = { TOKEN: VALUE, HOOK };
  const held = new Secrets(Object.entries(secrets).map(([name, value]) => ({ name, value, hosts })));
  const fetch = egress({ allow: [], secrets: held, home: HOME });
  const call = {
    id: "call",
    type: "http",
    url: `https://${OURS}/x`,
    retry: { limit: 0 },
    on_error: "continue",
    ...step,
  };
  const seen = { id: "seen", type: "transform", value: { copy: "{% $steps.call %}" } };
  await runSteps(bench, [call, seen], { fetch, secrets, hosts, input });
  vi.restoreAllMocks();
  const stored = ["jobs", "job_values"].map((table) =>
    JSON.stringify(bench.storage.sql.exec(`SELECT * FROM ${table}`).toArray()),
  );
  return { left, stored };
}

const found = finder([VALUE, "k9Zq7abcdef"]);

let probes = 0;
async function expectKept(bench: Bench, what: string, given: Probe): Promise<void> {
  probes += 1;
  const { left, stored } = await probe(bench, given);
  expect(found(left), `${what}: left`).toEqual([]);
  expect(found(stored), `${what}: stored`).toEqual([]);
}

afterEach(() => vi.restoreAllMocks());

const fine: Network = () => new Response("fine");

it("the probes find a secret that is not kept", async () => {
  expect(found([`x ${JSON.stringify({ a: VALUE })}`, base64(`me:${VALUE}`)]).length).toBeGreaterThan(2);
});

it("no data becomes a secret, whatever it looks like and wherever it stands", () =>
  inRegistry(async (bench) => {
    for (const [place, put] of Object.entries(PLACES)) {
      for (const [i, value] of looksLike("TOKEN", "HOOK").entries()) {
        const step = { ...put("{% $input.v %}"), url: "https://other.example.org/x" };
        await expectKept(bench, `${place} by look ${i}`, { step, network: fine, input: { v: value }, hosts: ["*"] });
      }
    }
  }));

it("no secret goes to a host that it is not bound to, whatever names the host", () =>
  inRegistry(async (bench) => {
    for (const [place, put] of Object.entries(PLACES)) {
      for (const url of ["{% $input.url %}", "https://{% $input.host %}/x", "https://{% $input.sub %}.example.org/x"]) {
        const input = { url: "https://evil.example.org/", host: "evil.example.org", sub: "evil" };
        await expectKept(bench, `${place} to ${url}`, { step: { ...put(SECRET), url }, network: fine, input });
      }
    }
  }));

it("no secret follows a redirect to another host, nor goes along in its Location", () =>
  inRegistry(async (bench) => {
    for (const [place, put] of Object.entries(PLACES)) {
      for (const status of [301, 302, 303, 307, 308]) {
        for (const to of [
          "https://evil.example.org/",
          `https://evil.example.org/?t=${encodeURIComponent(VALUE)}`,
          `https://evil.example.org/${hex(VALUE)}`,
        ]) {
          const network: Network = (url) =>
            url.hostname === OURS ? new Response(null, { status, headers: { location: to } }) : new Response("caught");
          await expectKept(bench, `${place} over ${status} to ${to}`, { step: put(SECRET), network });
        }
      }
    }
  }));

const ECHOES: Record<string, (text: string) => Response> = {
  text: (text) => new Response(`You sent ${text}.`),
  json: (text) => Response.json({ deep: [{ said: text }] }),
  key: (text) => Response.json({ [text]: 1 }),
  html: (text) => new Response(`<p title="${text}">`, { headers: { "content-type": "text/html" } }),
  error: (text) => new Response(`${"x".repeat(190)}${text}`, { status: 400 }),
  again: (text) => new Response(text, { status: 503, headers: { "retry-after": "1" } }),
};

it("no echo of a secret is stored, in any spelling", () =>
  inRegistry(async (bench) => {
    for (const [spelling, spell] of Object.entries(SPELLINGS)) {
      for (const [echo, respond] of Object.entries(ECHOES)) {
        for (const value of [VALUE, HOOK]) {
          const step = { headers: { "x-a": SECRET }, url: { secret: "HOOK" } };
          await expectKept(bench, `${echo} of ${spelling}`, { step, network: () => respond(spell(value)) });
        }
      }
      const header: Network = () =>
        new Response("x", {
          headers: { "x-echo": encodeURI(spell(VALUE)), "set-cookie": `t=${encodeURIComponent(spell(VALUE))}` },
        });
      await expectKept(bench, `header of ${spelling}`, { step: PLACES.bearer?.(SECRET) ?? {}, network: header });
    }
  }));

it("nothing that evaluates an answer sees a secret, which it could spell in a way that nothing finds", () =>
  inRegistry(async (bench) => {
    const apart = (text: string) => [...text].join("-");
    for (const field of ["expect", "until"]) {
      const asks = `{% $error($join($split($string($response.body.said), ''), '-')) %}`;
      const step = { headers: { "x-a": SECRET }, [field]: asks };
      const { stored } = await probe(bench, { step, network: () => Response.json({ said: `seen ${VALUE}` }) });
      expect(stored.join(), field).toContain(JSON.stringify(apart("seen")).slice(1, -1));
      expect(stored.join(), field).not.toContain(apart("s3cr3t"));
    }
  }));

it("these were more than 300", () => {
  expect(probes).toBeGreaterThan(300);
});
