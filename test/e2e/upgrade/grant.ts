import {
  Client,
  type OAuthClientInformationMixed,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type OAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";

const REDIRECT = "http://127.0.0.1:7/callback";

/** A client that an owner once let in by OAuth, and what it keeps of that from one start to the next. */
export class Grant implements OAuthClientProvider {
  readonly redirectUrl = REDIRECT;
  readonly clientMetadata = {
    client_name: "A client with a grant",
    redirect_uris: [REDIRECT],
    token_endpoint_auth_method: "none",
  };
  readonly #endpoint: URL;
  readonly #ownersKey: string;
  #client?: OAuthClientInformationMixed;
  #tokens?: OAuthTokens;
  #servers?: OAuthDiscoveryState;
  #verifier = "";
  #callback = new URLSearchParams();
  /** How often the owner was asked. */
  timesAsked = 0;

  constructor(endpoint: string, ownersKey: string) {
    this.#endpoint = new URL(endpoint);
    this.#ownersKey = ownersKey;
  }

  clientInformation = () => this.#client;
  tokens = () => this.#tokens;
  discoveryState = () => this.#servers;
  codeVerifier = () => this.#verifier;

  saveClientInformation(client: OAuthClientInformationMixed): void {
    this.#client = client;
  }

  saveTokens(tokens: OAuthTokens): void {
    this.#tokens = tokens;
  }

  saveDiscoveryState(servers: OAuthDiscoveryState): void {
    this.#servers = servers;
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  /** The owner opens the page, signs in with an API key, and says yes. */
  async redirectToAuthorization(page: URL): Promise<void> {
    this.timesAsked += 1;
    const opened = await fetch(page);
    const handle = /name="handle" value="([^"]+)"/.exec(await opened.text())?.[1] ?? "";
    const body = new URLSearchParams([
      ["handle", handle],
      ["key", this.#ownersKey],
      ["decision", "approve"],
      ["scope", "jobs:read"],
      ["scope", "jobs:write"],
    ]);
    const headers = { cookie: opened.headers.get("set-cookie")?.split(";")[0] ?? "" };
    const answered = await fetch(page.origin + page.pathname, { method: "POST", body, headers, redirect: "manual" });
    const location = answered.headers.get("location");
    if (location === null) throw new Error(`the owner was not let in: ${answered.status} ${await answered.text()}`);
    this.#callback = new URL(location).searchParams;
  }

  /** As if the access token's hour were over: what is left is the right to ask for another one. */
  forgetAccessToken(): void {
    if (this.#tokens) this.#tokens = { ...this.#tokens, access_token: "over" };
  }

  /** A connected client; close it. */
  async connect(): Promise<Client> {
    const transport = this.#transport();
    try {
      return await this.#over(transport);
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      await transport.finishAuth(this.#callback);
      return this.#over(this.#transport());
    }
  }

  #transport = () => new StreamableHTTPClientTransport(this.#endpoint, { authProvider: this });

  async #over(transport: StreamableHTTPClientTransport): Promise<Client> {
    const client = new Client({ name: "edge-jobs-grant", version: "1.0.0" });
    await client.connect(transport);
    return client;
  }
}
