import type { CatalogEntry } from "../entry.ts";

export const githubLatestRelease: CatalogEntry = {
  version: 1,
  document: {
    name: "github-latest-release",
    description: "The latest release of a GitHub repository: tag, name, address and date.",
    input: {
      type: "object",
      required: ["owner", "repo"],
      additionalProperties: false,
      properties: {
        owner: {
          type: "string",
          description: "Who has the repository",
        },
        repo: {
          type: "string",
          description: "Its name",
        },
      },
    },
    steps: [
      {
        id: "release",
        type: "http",
        url: "https://api.github.com/repos/{% $input.owner %}/{% $input.repo %}/releases/latest",
        headers: {
          accept: "application/vnd.github+json",
        },
      },
    ],
    output: {
      tag: "{% $steps.release.body.tag_name %}",
      name: "{% $steps.release.body.name %}",
      url: "{% $steps.release.body.html_url %}",
      published_at: "{% $steps.release.body.published_at %}",
    },
  },
};
