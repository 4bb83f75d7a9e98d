import { existsSync } from "node:fs";
import packed from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";

/** Where a browser may be on machines that the packed one is not for. */
const INSTALLED = [
  process.env.CHROME_PATH,
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
].filter((path) => path !== undefined);

export const NO_BROWSER =
  "NO BROWSER, so the dashboard is not tested: install Chrome, or say where it is in CHROME_PATH.";

/** Its defaults are for functions in a cloud: these switch off what a browser protects pages with, or run it in one process. */
const UNSAFE = /web-security|insecure|isolation|site-per|single-process/;
/** To draw as a graphics card would, in software, took most of the time of a test. */
const SLOW = /gpu/;
packed.setGraphicsMode = false;

/** Where the browser is, unpacked; undefined: there is none. */
export async function executable(): Promise<string | undefined> {
  if (process.platform === "linux" && process.arch === "x64") return packed.executablePath();
  return INSTALLED.find((path) => existsSync(path));
}

/** A real Chromium without a screen; undefined, and a word about it, where there is none. */
export async function launchBrowser(): Promise<Browser | undefined> {
  const executablePath = await executable();
  if (executablePath === undefined) {
    console.warn(NO_BROWSER);
    return undefined;
  }
  const isPacked = !INSTALLED.includes(executablePath);
  const safe = packed.args.filter((arg) => !UNSAFE.test(arg) && !SLOW.test(arg));
  const args = isPacked ? [...safe, "--disable-gpu"] : ["--headless=new"];
  return chromium.launch({ executablePath, args, headless: true });
}
