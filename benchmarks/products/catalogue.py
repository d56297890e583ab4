"""The products: what is installed, how each is started, and where its document is.

Add a product by adding an entry to PRODUCTS. Words of a command and values of the environment may hold `{port}`,
`{url}`, `{data}` (its data folder), `{env}` (the environment that it is installed in) and `{apps}` (applications of our
own that are written in the usual style of a framework: nothing is known to be wrong with them).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from benchmarks.products import seeds


@dataclass(frozen=True, slots=True)
class Product:
    """A real server with an OpenAPI document."""

    name: str
    installer: Literal["pip", "npm"]
    packages: tuple[str, ...]
    """With their versions: the reviewed findings are about these."""
    command: tuple[str, ...]
    ready: str
    """A path that returns a success when the server has started."""
    document: str = ""
    """Path of its OpenAPI document; empty when `prepare` writes `openapi.json` into the data folder."""
    base: str = ""
    """Path below which the document's paths are, when it differs from the document's own servers."""
    prepare: Callable[[Path, Path, str], None] | None = None
    """Given the data folder, the environment and the URL, before the start."""
    seed: Callable[[str], dict[str, str]] | None = None
    """Given the URL, after the start: data of ours through its API. Returns more `examples`."""
    environment: Mapping[str, str] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)
    """Values of parameters that exist, by name; they go into the document, where it has no example of its own."""
    options: tuple[str, ...] = ()
    """Options that every run of the gate needs, such as credentials."""
    headers: tuple[str, ...] = ()
    """The same credentials as headers, for other testers."""
    kept_files: tuple[str, ...] = ()
    """Files in the data folder that stay byte for byte as they are without `--allow-unsafe`."""


_LISTEN = ("--host", "127.0.0.1", "--port", "{port}")

PRODUCTS = {
    each.name: each
    for each in (
        Product(
            "json-server",
            "npm",
            ("json-server@0.17.4",),
            ("{env}/node_modules/.bin/json-server", *_LISTEN, "{data}/db.json"),
            ready="/books",
            prepare=seeds.json_server,
            kept_files=("db.json",),
        ),
        Product(
            "loopback",
            "npm",
            ("@loopback/example-todo@6.0.0",),
            ("node", "{env}/node_modules/@loopback/example-todo/dist/index.js"),
            ready="/todos",
            document="/openapi.json",
            prepare=seeds.loopback,
            environment={"HOST": "127.0.0.1", "PORT": "{port}"},
            kept_files=("data/db.json",),
        ),
        Product(
            "pygeoapi",
            "pip",
            ("pygeoapi==0.21.0",),
            ("{env}/bin/pygeoapi", "serve"),
            ready="/collections?f=json",
            prepare=seeds.pygeoapi,
            environment={"PYGEOAPI_CONFIG": "{data}/config.yml", "PYGEOAPI_OPENAPI": "{data}/openapi.json"},
            kept_files=("obs.csv", "lakes.geojson"),
        ),
        Product(
            "tiled",
            "pip",
            ("tiled[server]==0.2.20",),
            ("{env}/bin/tiled", "serve", "demo", *_LISTEN),
            ready="/api/v1/",
            document="/openapi.json",
        ),
        Product(
            "chromadb",
            "pip",
            ("chromadb==1.5.9",),
            ("{env}/bin/chroma", "run", *_LISTEN, "--path", "{data}/database"),
            ready="/api/v2/heartbeat",
            document="/openapi.json",
            seed=seeds.chromadb,
            environment={"ANONYMIZED_TELEMETRY": "False"},
            examples={"tenant": "default_tenant", "tenant_name": "default_tenant", "database": "default_database"},
        ),
        Product(
            "prefect",
            "pip",
            ("prefect==3.9.1",),
            ("{env}/bin/prefect", "server", "start", *_LISTEN, "--no-services"),
            ready="/api/health",
            document="/openapi.json",
            base="/api",
            seed=seeds.prefect,
            environment={"PREFECT_HOME": "{data}/prefect", "PREFECT_SERVER_ANALYTICS_ENABLED": "false"},
        ),
        Product(
            "titiler",
            "pip",
            ("titiler.application==2.4.0", "uvicorn==0.54.0"),
            ("{env}/bin/uvicorn", "titiler.application.main:app", *_LISTEN),
            ready="/healthz",
            document="/api",
            prepare=seeds.titiler,
            examples={"url": "{data}/hills.tif"},
        ),
        Product(
            "optimade",
            "pip",
            ("optimade[server]==1.5.0",),
            ("{env}/bin/uvicorn", "optimade.server.main:app", *_LISTEN),
            ready="/v1/info",
            document="/v1/extensions/openapi.json",
            environment={"OPTIMADE_DATABASE_BACKEND": "mongomock", "OPTIMADE_INSERT_TEST_DATA": "true"},
        ),
        Product(
            "fastapi",
            "pip",
            ("fastapi==0.165.0", "uvicorn==0.54.0"),
            ("{env}/bin/uvicorn", "--app-dir", "{apps}", "fastapi_contacts:app", *_LISTEN),
            ready="/contacts",
            document="/openapi.json",
        ),
        Product(
            "flask",
            "pip",
            ("apiflask==3.1.2", "flask-sqlalchemy==3.1.1", "waitress==3.0.2"),
            ("{env}/bin/waitress-serve", *_LISTEN, "flask_recipes:app"),
            ready="/recipes",
            document="/openapi.json",
            environment={"DATABASE": "{data}/recipes.sqlite", "PYTHONPATH": "{apps}"},
            kept_files=("recipes.sqlite",),
        ),
        Product(
            "drf",
            "pip",
            (
                "django==5.2.19",
                "djangorestframework==3.18.3",
                "drf-spectacular==0.30.0",
                "django-filter==26.2",
                "waitress==3.0.2",
            ),
            ("{env}/bin/python", "{apps}/drf_tickets.py", "{port}"),
            ready="/api/tickets/",
            document="/schema?format=json",
            environment={"DATABASE": "{data}/tickets.sqlite"},
            kept_files=("tickets.sqlite",),
        ),
        Product(
            "connexion",
            "pip",
            ("connexion[uvicorn]==3.3.0",),
            ("{env}/bin/uvicorn", "--app-dir", "{apps}", "connexion_beds:app", *_LISTEN),
            ready="/garden/openapi.json",
            document="/garden/openapi.json",
            base="/garden",
            options=("--header", "X-Key: gardener-5fK2"),
            headers=("X-Key: gardener-5fK2",),
        ),
        Product(
            "express",
            "npm",
            ("express@5.3.0", "express-openapi-validator@5.6.2"),
            ("node", "{apps}/express_shelves.mjs", "{port}", "{apps}/express_shelves.json"),
            ready="/shelves",
            document="/openapi.json",
            environment={"MODULES": "{env}/node_modules/"},
        ),
    )
}
"""By name."""

APPS = Path(__file__).with_name("apps")
