import { decodeHTML, decodeHTMLAttribute } from "entities";
import { NO_TEXT } from "../../lib/http/charset.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { oneLine } from "../../lib/safe-text.ts";
import { MAX_TITLE_CHARS } from "../../limits.ts";

/** Parse to the end; what the rewriter's handlers saw is the result. The tokenizer hands character references over raw. */
async function read(rewriter: HTMLRewriter, html: string): Promise<void> {
  const page = new Response(html, { headers: { "content-type": "text/html; charset=utf-8" } });
  await rewriter.transform(page).arrayBuffer();
}

/**
 * The text of the first title element in one line, null without one.
 * @param html may hold NO_TEXT; a title that does is an error, which says why
 */
export async function titleOf(html: string): Promise<Result<string | null, string>> {
  let titles = 0;
  let title = "";
  const rewriter = new HTMLRewriter().on("title", {
    element: () => {
      titles += 1;
    },
    text: (chunk) => {
      if (titles === 1) title += chunk.text; // a later one belongs to an inline SVG
    },
  });
  await read(rewriter, html);
  if (title.includes(NO_TEXT)) return err("the title is not text in the charset that the content type names, or UTF-8");
  return ok(oneLine(decodeHTML(title), MAX_TITLE_CHARS) || null);
}

/**
 * The absolute http and https targets of the page's links, without fragments, each once, in order.
 * @param baseUrl where the page came from; a `base` element goes before it
 */
export async function linksOf(html: string, baseUrl: string, limit: number): Promise<string[]> {
  let base: string | null = null;
  const hrefs: string[] = [];
  const href = (element: Element) => decodeHTMLAttribute(element.getAttribute("href") ?? "");
  const rewriter = new HTMLRewriter()
    .on("base[href]", {
      element: (element) => {
        base ??= href(element);
      },
    })
    .on("a[href], area[href]", { element: (element) => void hrefs.push(href(element)) });
  await read(rewriter, html);
  const from = base === null ? baseUrl : (URL.parse(base, baseUrl)?.href ?? baseUrl);
  const links = hrefs.map((target) => webUrl(target, from)).filter((link) => link !== null);
  return [...new Set(links)].slice(0, limit);
}

function webUrl(href: string, base: string): string | null {
  const url = URL.parse(href, base);
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  url.hash = "";
  return url.href;
}
