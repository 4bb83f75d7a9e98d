import { mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Where the server is, and who calls: of the environment, else as `login` saved it. */
export interface Login {
  url: string;
  key?: string | undefined;
}

type Environment = { readonly [name: string]: string | undefined };

export const fileOf = ({ EDGE_JOBS_CONFIG, XDG_CONFIG_HOME }: Environment): string =>
  EDGE_JOBS_CONFIG ?? join(XDG_CONFIG_HOME ?? join(homedir(), ".config"), "edge-jobs", "login.json");

async function saved(env: Environment): Promise<Login | undefined> {
  let text: string;
  try {
    text = await readFile(fileOf(env), "utf8");
  } catch {
    return undefined;
  }
  return JSON.parse(text);
}

/** `npm run dev` of a server listens here, and needs no key. */
const LOCAL = "http://127.0.0.1:8787";

/** The key that was saved is for the server that was saved, and for no other. */
export async function loginOf(env: Environment): Promise<Login> {
  const file = await saved(env);
  const url = env.EDGE_JOBS_URL ?? file?.url ?? LOCAL;
  return { url, key: env.EDGE_JOBS_KEY ?? (file?.url === url ? file.key : undefined) };
}

/** For the owner's eyes only. */
export async function saveLogin(env: Environment, login: Login): Promise<string> {
  const file = fileOf(env);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify(login)}\n`, { mode: 0o600 });
  return file;
}
