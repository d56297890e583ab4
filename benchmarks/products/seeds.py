"""Small data of our own for the products that start empty, and the documents of those that have none."""

import json
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

_STATIONS = """id,stn_id,datetime,value,lat,long
11,35,2001-10-30T14:24:55Z,89.9,45,-75
12,35,2002-10-30T18:31:38Z,93.9,45,-75
13,2147,2007-10-30T08:57:29Z,103.5,43,-79
14,604,2000-10-30T18:24:39Z,99.9,49,-122
"""

_TODOS = [
    {"id": 1, "title": "Water the plants", "desc": "twice a week", "isComplete": False},
    {"id": 2, "title": "Pay the rent", "desc": "before Monday", "isComplete": True},
    {"id": 3, "title": "Call the plumber", "isComplete": False},
]

_LIBRARY = {
    "books": [
        {"id": 1, "title": "The Salt Road", "authorId": 1, "pages": 312},
        {"id": 2, "title": "Winter Harbor", "authorId": 2, "pages": 198},
        {"id": 3, "title": "A Field Guide to Moss", "authorId": 1, "pages": 87},
    ],
    "authors": [{"id": 1, "name": "Ines Calder"}, {"id": 2, "name": "Tomas Weir"}],
}


def loopback(data: Path, _environment: Path, _url: str) -> None:
    """The file of the in-memory connector."""
    models = {"Todo": {str(todo["id"]): json.dumps(todo) for todo in _TODOS}}
    (data / "data").mkdir()
    (data / "data" / "db.json").write_text(json.dumps({"ids": {"Todo": len(_TODOS) + 1}, "models": models}), "utf-8")


def json_server(data: Path, _environment: Path, url: str) -> None:
    """A database file and a document of three reads: json-server has no document of its own."""
    (data / "db.json").write_text(json.dumps(_LIBRARY, indent=2), encoding="utf-8")
    number, text = {"type": "integer"}, {"type": "string"}
    book = {
        "type": "object",
        "required": ["id", "title", "authorId"],
        "properties": {"id": number, "title": text, "authorId": number, "pages": number},
    }
    author = {"type": "object", "required": ["id", "name"], "properties": {"id": number, "name": text}}
    by_id = [{"name": "id", "in": "path", "required": True, "schema": number}]
    missing = {"description": "There is no such book.", "content": _json({"type": "object"})}

    def read(name: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
        responses = {"200": {"description": "OK", "content": _json(schema)}, **more.pop("responses", {})}
        return {"get": {"operationId": name, "responses": responses, **more}}

    document = {
        "openapi": "3.0.3",
        "info": {"title": "Library", "version": "1.0.0"},
        "servers": [{"url": url}],
        "paths": {
            "/books": read("listBooks", {"type": "array", "items": book}),
            "/books/{id}": read("getBook", book, parameters=by_id, responses={"404": missing}),
            "/authors": read("listAuthors", {"type": "array", "items": author}),
        },
    }
    (data / "openapi.json").write_text(json.dumps(document, indent=2), encoding="utf-8")


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


_GEOTIFF = """
import sys
import numpy, rasterio
values = (numpy.add.outer(numpy.arange(256), numpy.arange(256)) % 256).astype("uint8")
profile = dict(driver="COG", width=256, height=256, count=3, dtype="uint8", crs="EPSG:4326")
with rasterio.open(sys.argv[1], "w", transform=rasterio.Affine(0.01, 0, 7, 0, -0.01, 48), **profile) as file:
    for band in (1, 2, 3):
        file.write(values // band, band)
"""


def titiler(data: Path, environment: Path, _url: str) -> None:
    """A small image with coordinates, made by the libraries of the product."""
    python = str(environment / "bin" / "python")
    subprocess.run([python, "-c", _GEOTIFF, str(data / "hills.tif")], check=True, capture_output=True)


def pygeoapi(data: Path, environment: Path, url: str) -> None:
    """Two collections and a process, in the configuration file that pygeoapi makes its document from."""
    (data / "obs.csv").write_text(_STATIONS, encoding="utf-8")
    lakes = [("Lake Reed", -80.5, 44.2), ("Lake Otter", -79.1, 46.8), ("Lake Birch", -83.3, 45.0)]
    features = [
        {
            "type": "Feature",
            "id": number,
            "geometry": {"type": "Point", "coordinates": [east, north]},
            "properties": {"id": number, "name": name, "scalerank": number},
        }
        for number, (name, east, north) in enumerate(lakes)
    ]
    (data / "lakes.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    (data / "config.yml").write_text(json.dumps(_pygeoapi_configuration(data, url)), encoding="utf-8")
    words = [str(environment / "bin" / "pygeoapi"), "openapi", "generate", "--format", "json", str(data / "config.yml")]
    made = subprocess.run(words, check=True, capture_output=True, cwd=data)
    (data / "openapi.json").write_bytes(made.stdout)


def _pygeoapi_configuration(data: Path, url: str) -> dict[str, Any]:
    def collection(title: str, provider: dict[str, Any]) -> dict[str, Any]:
        extents = {"spatial": {"bbox": [-180, -90, 180, 90]}, "temporal": {"begin": None, "end": None}}
        links = [{"type": "text/html", "rel": "canonical", "title": "about", "href": "https://example.com/about"}]
        base = {"type": "collection", "title": title, "description": title, "keywords": ["example"]}
        return {**base, "links": links, "extents": extents, "providers": [{"type": "feature", **provider}]}

    csv = {
        "name": "CSV",
        "data": str(data / "obs.csv"),
        "id_field": "id",
        "geometry": {"x_field": "long", "y_field": "lat"},
    }
    geojson = {"name": "GeoJSON", "data": str(data / "lakes.geojson"), "id_field": "id", "title_field": "name"}
    return {
        "server": {
            "bind": {"host": "127.0.0.1", "port": int(url.rpartition(":")[2])},
            "url": url,
            "mimetype": "application/json; charset=UTF-8",
            "encoding": "utf-8",
            "gzip": False,
            "languages": ["en-US", "fr-CA"],
            "pretty_print": False,
            "limits": {"default_items": 10, "max_items": 50},
            "map": {"url": "https://example.com/tiles/{z}/{x}/{y}.png", "attribution": "none"},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": {"en": "Stations and lakes"},
                "description": {"en": "Small data"},
                "keywords": {"en": ["example"]},
                "keywords_type": "theme",
                "terms_of_service": "https://example.com/terms",
                "url": "https://example.com",
            },
            "license": {"name": "CC0", "url": "https://example.com/license"},
            "provider": {"name": "Example", "url": "https://example.com"},
            "contact": {"name": "Example", "email": "contact@example.com", "url": "https://example.com"},
        },
        "resources": {
            "obs": collection("Observations", csv),
            "lakes": collection("Lakes", geojson),
            "hello-world": {"type": "process", "processor": {"name": "HelloWorld"}},
        },
    }


def chromadb(url: str) -> dict[str, str]:
    """A collection with three records in the tenant and database that exist at the start."""
    collections = "/api/v2/tenants/default_tenant/databases/default_database/collections"
    made = post(url, collections, {"name": "notes", "metadata": {"language": "en"}})
    records = {
        "ids": ["a", "b", "c"],
        "embeddings": [[0.1, 0.2, 0.3], [0.3, 0.1, 0.2], [0.9, 0.8, 0.7]],
        "documents": ["moss", "harbor", "salt"],
        "metadatas": [{"page": 1}, {"page": 2}, {"page": 3}],
    }
    post(url, f"{collections}/{made['id']}/add", records)
    return {}


def prefect(url: str) -> dict[str, str]:
    """A flow with a run, whose ID no GET lists, a work pool and a variable."""
    flow = post(url, "/api/flows/", {"name": "nightly-report", "tags": ["example"]})
    run = post(url, "/api/flow_runs/", {"flow_id": flow["id"], "name": "first-run"})
    post(url, "/api/work_pools/", {"name": "local", "type": "process"})
    post(url, "/api/variables/", {"name": "region", "value": "north"})
    return {"id": run["id"]}


def post(url: str, path: str, body: Any) -> Any:
    """Send a JSON body to a product and return the JSON of its response."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url + path, data=json.dumps(body).encode(), headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=60) as response:
        text = response.read()
    return json.loads(text) if text else None
