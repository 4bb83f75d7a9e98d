/** URLs that no step may reach. The lists are spellings and places; the corpus is their product. */

const LOOPBACK_SPELLINGS = [
  ...["127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7F000001", "017700000001", "0x7f.0.0.1"],
  ...["0x7f.1", "0177.0.0.1", "0177.1", "0x7f.0x0.0x0.0x1", "127.0.0.01", "0000177.0.0.1", "127.255.255.254"],
  ...[
    "127.0.0.1.",
    "127.0.0.1..",
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "１２７.０.０.１",
    "127。0。0。1",
    "①②⑦.0.0.①",
  ],
  ...["[::1]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::0.0.0.1]", "[::127.0.0.1]"],
  ...["[::7f00:1]", "[::ffff:127.0.0.1]", "[::FFFF:7F00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[::ffff:0:127.0.0.1]"],
  ...["[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:7f00:0001::1]"],
  ...["[2001:0:7f00:1::1]", "[::ffff:127.1.2.3]", "0", "0.0.0.0", "0x0", "00", "[::]", "[::0]", "[::ffff:0.0.0.0]"],
];

const LOOPBACK_NAMES = [
  ...[
    "localhost",
    "LOCALHOST",
    "LocalHost",
    "localhost.",
    "localhost..",
    "a.localhost",
    "a.b.LOCALHOST",
    "a.localhost.",
  ],
  ...[
    "localhost.localdomain",
    "%6c%6fcalhost",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "loc\u00adalhost",
    "ｌｏｃａｌｈｏｓｔ",
    "..localhost",
    "x..localhost",
  ],
];

/** One address or more of each class that is not public. */
const PRIVATE_V4 = [
  ...["0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "100.127.255.255", "169.254.0.1"],
  ...["169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1"],
  ...["192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1"],
  ...["224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"],
];

const PRIVATE_V6 = [
  ...["::2", "1::1", "100::1", "2001::1", "2001:2::1", "2001:10::1", "2001:db8::1", "3fff::1", "5f00::1", "4000::1"],
  ...[
    "fc00::1",
    "fd00:ec2::254",
    "fdff:ffff::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "64:ff9b:1::a",
  ],
];

const INTERNAL_NAMES = [
  ...["router", "intranet", "metadata", "instance-data", "kubernetes", "redis", "db.", "printer.local", "a.b.local."],
  ...["metadata.google.internal", "metadata.google.internal.", "METADATA.Google.Internal", "x.home.arpa", "nas.lan"],
  ...["1.0.0.127.in-addr.arpa", "host.docker.internal", "kubernetes.default.svc.cluster.local", "mail.corp", "tv.home"],
  ...["wiki.intranet", "vault.private", "abcdefghij.onion", "a.test", "a.invalid", ".", "..", "a..example.com", ".com"],
];

const inV4Forms = (ip: string): string[] => {
  const [a = 0, b = 0, c = 0, d = 0] = ip.split(".").map(Number);
  const hex = [a * 256 + b, c * 256 + d].map((part) => part.toString(16)).join(":");
  const number = ((a * 256 + b) * 256 + c) * 256 + d;
  return [
    ip,
    `${number}`,
    `0x${number.toString(16)}`,
    `[::ffff:${hex}]`,
    `[64:ff9b::${hex}]`,
    `[2002:${hex}::]`,
    `[::${hex}]`,
  ];
};

/** Whatever the host, the way it is asked for is wrong. */
const BAD_FORMS = [
  ...[
    "ftp://example.com/",
    "file:///etc/passwd",
    "data:text/plain,x",
    "javascript:1",
    "gopher://example.com/",
    "ws://example.com/",
  ],
  ...["blob:https://example.com/1", "about:blank", "https://user@example.com/", "https://user:pass@example.com/"],
  ...["https://:pass@example.com/", "https://example.com:443@8.8.8.8/", "https://example.com%2f@8.8.8.8/"],
  ...[
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1@example.com/",
    "http:127.0.0.1/",
    "http:\\\\127.0.0.1\\x",
    "http:/127.0.0.1/",
  ],
  ...[
    "HTTP://127.0.0.1/",
    " http://127.0.0.1/ ",
    "ht\ntp://127.0.\t0.1/",
    "http://127.0.0.1#@example.com/",
    "http://127.0.0.1?@example.com/",
  ],
];

/** @param port of the place that must not be reached */
export function hostileUrls(port: number): string[] {
  const hosts = [...LOOPBACK_SPELLINGS, ...LOOPBACK_NAMES];
  const there = hosts.flatMap((host) => [`http://${host}:${port}/`, `https://${host}/x?y=1#z`]);
  const others = [...PRIVATE_V4.flatMap(inV4Forms), ...PRIVATE_V6.map((ip) => `[${ip}]`), ...INTERNAL_NAMES];
  return [...there, ...others.map((host) => `http://${host}/`), ...BAD_FORMS];
}

export const LEGITIMATE_URLS = [
  ...[
    "https://example.com",
    "http://example.com/",
    "https://EXAMPLE.com/",
    "https://example.com./",
    "https://example.com:8443/a",
  ],
  ...[
    "http://example.com:8080/a?b=c#d",
    "https://sub.domain.example.co.uk/",
    "https://api.github.com/repos/a/b/releases",
  ],
  ...[
    "https://xn--bcher-kva.example/",
    "https://bücher.example/",
    "https://例え.テスト.jp/",
    "https://a-b.example.com/",
  ],
  ...[
    "https://127.0.0.1.example.com/",
    "https://localhost.example.com/",
    "https://local.example.com/",
    "https://internal.example.com/",
  ],
  ...[
    "https://1.1.1.1/",
    "https://8.8.8.8/dns-query",
    "http://8.8.8.8:53/",
    "https://9.255.255.255/",
    "https://11.0.0.1/",
  ],
  ...[
    "https://172.15.0.1/",
    "https://172.32.0.1/",
    "https://192.167.1.1/",
    "https://192.169.0.1/",
    "https://100.63.255.255/",
  ],
  ...[
    "https://100.128.0.1/",
    "https://[2606:4700:4700::1111]/",
    "https://[2001:4860:4860::8888]/",
    "https://[2a00:1450:4001::1]/",
  ],
  ...["https://[::ffff:8.8.8.8]/", "https://example.com/http://127.0.0.1/", "https://example.com/?u=http://localhost/"],
  ...["https://example.com/#@127.0.0.1", "https://example.com/@127.0.0.1", "https://my.locals/"],
];
