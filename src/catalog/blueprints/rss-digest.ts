import type { CatalogEntry } from "../entry.ts";

export const rssDigest: CatalogEntry = {
  version: 1,
  document: {
    name: "rss-digest",
    description: "Read an RSS or Atom feed, and give the entries that the last job had not seen.",
    input: {
      type: "object",
      required: ["url"],
      additionalProperties: false,
      properties: {
        url: {
          type: "string",
          format: "uri",
          description: "The feed",
        },
        limit: {
          type: "integer",
          minimum: 1,
          maximum: 100,
          default: 20,
          description: "Entries at most",
        },
      },
    },
    steps: [
      {
        id: "feed",
        type: "http",
        url: "{% $input.url %}",
        as: "text",
      },
      {
        id: "entries",
        type: "transform",
        value:
          "{% ($feed := $parse($steps.feed.body, 'xml'); $text := function($x) { $type($x) = 'object' ? $x.`#text` : $x }; $partition([$append($feed.rss.channel.item, $feed.feed.entry).{'title': $text(title), 'link': $exists(link.`@href`) ? link[0].`@href` : link, 'date': $exists(pubDate) ? pubDate : updated}], $input.limit)[0]) %}",
      },
      {
        id: "last",
        type: "store",
        key: "{% 'rss-digest ' & $hash($input.url) %}",
      },
      {
        id: "keep",
        type: "store",
        key: "{% 'rss-digest ' & $hash($input.url) %}",
        value: ["{% $steps.entries.link %}"],
      },
    ],
    output: {
      entries: "{% [$steps.entries[$not(link in $steps.last.value[0])]] %}",
      read: "{% $count($steps.entries) %}",
    },
  },
};
