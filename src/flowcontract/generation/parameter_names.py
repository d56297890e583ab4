"""Names that are meaningful to some servers, and that operations which do not declare them must ignore."""

FIELDS: tuple[tuple[str, str], ...] = (
    ("Prefer", "return=minimal"), ("Prefer", "return=representation"), ("Prefer", "handling=strict"),
    ("TE", "trailers"), ("DNT", "1"), ("Sec-GPC", "1"), ("Save-Data", "on"), ("Priority", "u=1, i"),
    ("Upgrade-Insecure-Requests", "1"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"),
    ("Sec-Fetch-Site", "cross-site"), ("Sec-Purpose", "prefetch"), ("From", "flowcontract@example.org"),
    ("Via", "1.1 flowcontract"), ("Max-Forwards", "0"), ("Depth", "1"), ("Translate", "f"), ("Overwrite", "F"),
    ("Content-Language", "de"), ("Accept-Version", "0"), ("Api-Version", "0"), ("X-Api-Version", "0"),
    ("X-CSRFToken", "flowcontract"), ("X-CSRF-Token", "flowcontract"), ("X-PJAX", "true"), ("HX-Request", "true"),
    ("Turbo-Frame", "flowcontract"), ("RSC", "1"), ("X-Middleware-Subrequest", "middleware"),
    ("X-Forwarded-Port", "1"), ("X-Forwarded-Ssl", "on"), ("X-Forwarded-Server", "flowcontract.invalid"),
    ("Front-End-Https", "on"), ("True-Client-IP", "127.0.0.1"), ("CF-Connecting-IP", "127.0.0.1"),
    ("X-Client-IP", "127.0.0.1"), ("X-Cluster-Client-IP", "127.0.0.1"), ("X-Host", "flowcontract.invalid"),
    ("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793"),
    ("X-B3-TraceId", "80f198ee56343ba864fe8b2a57d3eff7"),
    ("X-Correlation-Id", "flowcontract"), ("X-Tenant-Id", "1"), ("X-Timezone", "Asia/Kathmandu"),
    ("X-Locale", "de"), ("X-Language", "de"), ("X-Role", "admin"), ("X-Scope", "admin"), ("X-Profile", "1"),
    ("X-Debug-Level", "9"), ("X-No-Cache", "1"), ("X-Fields", "flowcontract"), ("X-Minimal", "1"), ("X-Pretty", "1"),
    ("X-Sendfile-Type", "X-Accel-Redirect"), ("X-Wap-Profile", "flowcontract"), ("X-ATT-DeviceId", "flowcontract"),
)  # fmt: skip
"""Request headers of the registries and of well-known frameworks, each with a meaningful value."""

PARAMETERS: tuple[str, ...] = (
    "search", "q", "query", "filter", "where", "match", "contains", "order", "order_by", "sort_by", "direction",
    "per_page", "count", "start", "end", "cursor", "after", "before", "max", "min", "top", "skip", "embed", "with",
    "depth", "level", "view", "mode", "type", "kind", "status", "state", "active", "enabled", "deleted", "archived",
    "hidden", "draft", "id", "ids", "uuid", "name", "key", "title", "label", "user", "owner", "group", "role",
    "tag", "tags", "category", "since", "until", "from", "to", "date", "time", "tz", "timezone", "year", "v",
    "revision",
    "output", "download", "attachment", "inline", "compact", "minimal", "full", "details", "summary", "preview",
    "action", "cmd", "do", "op", "redirect", "next", "url", "return_to", "template", "theme", "file", "path", "dir",
    "include_deleted", "include_hidden", "refresh", "nocache", "force", "strict", "validate", "as", "on_behalf_of",
)  # fmt: skip
"""Common query parameters of lists and frameworks."""
