import { afterEach, describe, expect, it, vi } from "vitest";
import { egress, RefusedAddress, refusal } from "../../src/egress/egress.ts";
import { HOME } from "../support/home-deployment.ts";

const send = egress({ allow: [], home: HOME });
const refused = (url: string, allow: string[] = []) => refusal(new URL(url), allow);

describe("addresses that are refused", () => {
  it.each([
    "http://127.0.0.1/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://0/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://192.0.2.1/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "http://[ff02::1]/",
    "http://localhost/",
    "http://localhost./",
    "http://a.localhost/",
    "http://router/",
    "http://printer.local/",
    "http://metadata.google.internal/",
    "http://nas.lan/",
    "https://user:secret@example.com/",
    "https://user@example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "data:text/plain,x",
  ])("%s", (url) => {
    expect(refused(url)).toMatch(/./);
  });
});

describe("addresses that are allowed", () => {
  it.each([
    "https://example.com/",
    "http://example.com:8080/a?b=c",
    "https://8.8.8.8/",
    "https://[2606:4700:4700::1111]/",
    "https://xn--bcher-kva.example/",
    "https://sub.domain.example.co.uk/",
  ])("%s", (url) => {
    expect(refused(url)).toBeUndefined();
  });

  it("a private host that the operator lists, on the port that is listed", () => {
    expect(refused("http://127.0.0.1:9099/x", ["127.0.0.1:9099"])).toBeUndefined();
    expect(refused("http://127.0.0.1:9098/x", ["127.0.0.1:9099"])).toBeDefined();
    expect(refused("http://127.0.0.1/x", ["127.0.0.1:80"])).toBeUndefined();
    expect(refused("http://127.0.0.1:1234/x", ["127.0.0.1"])).toBeUndefined();
  });
});

describe("redirects", () => {
  afterEach(() => vi.restoreAllMocks());

  const redirect = (location: string, status = 302) => new Response(null, { status, headers: { location } });

  /** The platform's fetch, answering from a script. */
  function platform(...answers: Response[]) {
    const requests: Request[] = [];
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      requests.push(new Request(input, init));
      return answers[requests.length - 1] ?? new Response("end");
    });
    return requests;
  }

  it("are followed, each hop checked before it is requested", async () => {
    const requests = platform(redirect("https://b.example/2"), redirect("http://127.0.0.1/3"));
    await expect(send("https://a.example/1")).rejects.toThrow(RefusedAddress);
    expect(requests.map((request) => request.url)).toEqual(["https://a.example/1", "https://b.example/2"]);
  });

  it("lose credentials when the origin changes, and keep them when it does not", async () => {
    const requests = platform(redirect("/same"), redirect("https://b.example/other"));
    await send("https://a.example/1", { headers: { authorization: "Bearer x", cookie: "c=1", "x-keep": "1" } });
    expect(requests.map((request) => request.headers.get("authorization"))).toEqual(["Bearer x", "Bearer x", null]);
    expect(requests.map((request) => request.headers.get("cookie"))).toEqual(["c=1", "c=1", null]);
    expect(requests[2]?.headers.get("x-keep")).toBe("1");
  });

  it.each([
    [301, "GET"],
    [302, "GET"],
    [303, "GET"],
    [307, "POST"],
    [308, "POST"],
  ])("of status %i turn a POST into a %s", async (status, method) => {
    const requests = platform(redirect("/next", status));
    await send("https://a.example/1", { method: "POST", body: "data" });
    expect(requests[1]?.method).toBe(method);
    expect(await requests[1]?.text()).toBe(method === "POST" ? "data" : "");
  });

  it("end after a few hops", async () => {
    platform(...Array.from({ length: 10 }, (_, i) => redirect(`/${i}`)));
    await expect(send("https://a.example/1")).rejects.toThrow("more than 5 redirects");
  });

  it("say on every hop whose job sends them, whatever the step says", async () => {
    const requests = platform(redirect("/same"), redirect("https://b.example/other"));
    await send("https://a.example/1", { headers: { "EDGE-JOBS-SENDER": "somebody else" } });
    expect(requests.map((request) => request.headers.get("edge-jobs-sender"))).toEqual(["us", "us", "us"]);
  });

  it("that come home are refused; what only says that it is home is not", async () => {
    const from = (headers: Record<string, string>) => new Response(null, { status: 403, headers });
    const liar = from({ "edge-jobs-sender": "us", "edge-jobs-proof": "proof of nonce-2" });
    platform(liar, from({}), redirect("https://b.example/"), from({ "edge-jobs-proof": "proof of nonce-1" }));
    expect((await send("https://a.example/")).status).toBe(403);
    expect((await send("https://a.example/")).status).toBe(403);
    await expect(send("https://a.example/")).rejects.toThrow("b.example is the server that runs this job");
  });

  it.each([
    ["", "redirects with an empty Location"],
    ["http://[bad", "redirects to what is no URL"],
    ["https://", "redirects to what is no URL"],
  ])("to %j lead nowhere, and say so", async (location, message) => {
    platform(redirect(location));
    await expect(send("https://a.example/1")).rejects.toThrow(message);
  });

  it.each([300, 304, 305, 306])("are none with status %i, whatever Location says", async (status) => {
    platform(redirect("https://b.example/", status));
    expect((await send("https://a.example/1")).status).toBe(status);
  });

  it("without a Location are the answer", async () => {
    platform(new Response(null, { status: 302 }));
    expect((await send("https://a.example/1")).status).toBe(302);
  });

  it.each(["content-type", "content-encoding", "content-language", "content-md5"])(
    "that drop the body drop %s, and those that keep it keep it",
    async (name) => {
      const requests = platform(redirect("/2", 307), redirect("/3", 303));
      await send("https://a.example/1", { method: "POST", body: "data", headers: { [name]: "x", "x-keep": "1" } });
      expect(requests.map(({ headers }) => headers.get(name))).toEqual(["x", "x", null]);
      expect(requests.map(({ headers }) => headers.get("x-keep"))).toEqual(["1", "1", "1"]);
    },
  );

  it("are left to the caller who asks for one hop", async () => {
    platform(redirect("/next"));
    expect((await send("https://a.example/1", { redirect: "manual" })).status).toBe(302);
  });
});
