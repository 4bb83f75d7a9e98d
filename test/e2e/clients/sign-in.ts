import { createHash, randomBytes } from "node:crypto";
import { type Exchange, type Names, type Recorded, Replay } from "./replay.ts";

/** A sign-in as it was recorded, with the secrets that each one makes anew: of the client, the page and the server. */
export class SignIn extends Replay {
  readonly #key: string;
  readonly #verifier = randomBytes(32).toString("base64url");
  #token: string;
  #clientId = "";
  #cookie = "";
  #handle = "";
  #code = "";

  /**
   * @param key API key that the owner signs in with
   * @param token that the client has from an earlier sign-in
   */
  constructor(names: Names, key: string, token = "") {
    super(names);
    this.#key = key;
    this.#token = token;
  }

  protected override renamed(text: string): string {
    const challenge = createHash("sha256").update(this.#verifier).digest("base64url");
    return super
      .renamed(text)
      .replaceAll("Bearer …", `Bearer ${this.#token}`)
      .replace(/code_challenge=[\w-]+/, `code_challenge=${challenge}`)
      .replace("code_verifier=…", `code_verifier=${this.#verifier}`)
      .replace("code=…", `code=${this.#code}`)
      .replace("key=…", `key=${this.#key}`)
      .replace(/handle=[\w-]+/, `handle=${this.#handle}`)
      .replace(/__Host-oauth-consent-\w+=\w+/, this.#cookie)
      .replace(/client_id=\w+(?=[&"])/, `client_id=${this.#clientId}`);
  }

  override async send(request: Recorded): Promise<Exchange> {
    const exchange = await super.send(request);
    const { pathname } = new URL(exchange.sent.path, "http://server");
    if (pathname === "/oauth/register") this.#clientId = JSON.parse(exchange.text).client_id;
    if (pathname === "/oauth/token") this.#token = JSON.parse(exchange.text).access_token;
    if (pathname === "/authorize" && request.method === "GET") this.#openPage(exchange);
    if (pathname === "/authorize" && request.method === "POST") this.#code = codeOf(exchange);
    return exchange;
  }

  #openPage({ headers, text }: Exchange): void {
    this.#cookie = headers.get("set-cookie")?.split(";")[0] ?? "";
    this.#handle = /name="handle" value="([^"]+)"/.exec(text)?.[1] ?? "";
  }
}

const codeOf = ({ headers }: Exchange): string =>
  URL.parse(headers.get("location") ?? "")?.searchParams.get("code") ?? "";
