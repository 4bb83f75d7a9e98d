import { oneLine } from "../../jobs/text.ts";
import { MAX_TITLE_CHARS } from "../../limits.ts";
import { decodeEntities } from "./entities.ts";

/** Parse to the end; what the rewriter's handlers saw is the result. */
async function read(rewriter: HTMLRewriter, page: Response): Promise<void> {
  await rewriter.transform(page).arrayBuffer();
}

/** The text of the first title element in one line, null without one. */
export async function titleOf(html: BodyInit, contentType: string): Promise<string | null> {
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
  await read(rewriter, new Response(html, { headers: { "content-type": contentType } }));
  return oneLine(decodeEntities(title), MAX_TITLE_CHARS) || null;
}

/**
 * The absolute http and https targets of the page's links, without fragments, each once, in order.
 * @param baseUrl where the page came from; a `base` element goes before it
 */
export async function linksOf(html: string, baseUrl: string, limit: number): Promise<string[]> {
  let base: string | null = null;
  const hrefs: string[] = [];
  const href = (element: Element) => decodeEntities(element.getAttribute("href") ?? "");
  const rewriter = new HTMLRewriter()
    .on("base[href]", {
      element: (element) => {
        base ??= href(element);
      },
    })
    .on("a[href], area[href]", { element: (element) => void hrefs.push(href(element)) });
  await read(rewriter, new Response(html));
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
