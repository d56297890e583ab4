"""The mock uses only documented names of Connexion, Starlette and uvicorn: their next releases can be installed.

What is read: imports, what classes of ours take from theirs, and attributes of what is annotated with a type of theirs
or made by calling one.
"""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    *sorted((ROOT / "mock").rglob("*.py")),
    ROOT / "src" / "flowcontract" / "http" / "server.py",
    ROOT / "src" / "flowcontract" / "proxy" / "server.py",
]

CONNEXION = "https://connexion.readthedocs.io/en/stable"
STARLETTE = "https://www.starlette.io"
UVICORN = "https://www.uvicorn.org"
PROTOCOL = "https://docs.python.org/3/library/asyncio-protocol.html#asyncio.Protocol"
HTTPTOOLS = "https://github.com/MagicStack/httptools#apis"
DOCUMENTED = {
    "connexion.ConnexionMiddleware": f"{CONNEXION}/middleware.html",
    "connexion.validators": f"{CONNEXION}/validation.html#custom-validators",
    "connexion.datastructures.MediaTypeDict": f"{CONNEXION}/validation.html",
    "connexion.exceptions.OAuthProblem": f"{CONNEXION}/exceptions.html",
    "connexion.exceptions.ProblemException": f"{CONNEXION}/exceptions.html",
    "connexion.lifecycle.ConnexionRequest": f"{CONNEXION}/request.html",
    "connexion.middleware.request_validation.RequestValidationMiddleware": f"{CONNEXION}/middleware.html",
    "connexion.middleware.routing.RoutingMiddleware": f"{CONNEXION}/middleware.html",
    "connexion.middleware.security.SecurityMiddleware": f"{CONNEXION}/middleware.html",
    "connexion.security.AbstractSecurityHandler": f"{CONNEXION}/security.html#custom-security-handlers",
    "starlette.applications.Starlette": f"{STARLETTE}/applications/",
    "starlette.exceptions.HTTPException": f"{STARLETTE}/exceptions/",
    "starlette.middleware.Middleware": f"{STARLETTE}/middleware/",
    "starlette.middleware.cors.CORSMiddleware": f"{STARLETTE}/middleware/#corsmiddleware",
    "starlette.requests.Request": f"{STARLETTE}/requests/",
    "starlette.responses.RedirectResponse": f"{STARLETTE}/responses/#redirectresponse",
    "starlette.responses.Response": f"{STARLETTE}/responses/",
    "starlette.responses.StreamingResponse": f"{STARLETTE}/responses/#streamingresponse",
    "starlette.routing.Route": f"{STARLETTE}/routing/",
    **{
        f"starlette.types.{name}": f"{STARLETTE}/middleware/#pure-asgi-middleware"
        for name in ("ASGIApp", "Message", "Receive", "Scope", "Send")
    },
    "uvicorn": f"{UVICORN}/",
    "uvicorn.Config": f"{UVICORN}/#config-and-server-instances",
    "uvicorn.protocols.http.httptools_impl.HttpToolsProtocol": f"{UVICORN}/settings/#implementation",
}
"""Names that are imported, and the page that documents each."""
ATTRIBUTES = {
    "connexion.lifecycle.ConnexionRequest.scope": f"{CONNEXION}/request.html",
    "connexion.middleware.main.ConnexionMiddleware.add_api": f"{CONNEXION}/quickstart.html",
    "connexion.security.AbstractSecurityHandler.get_fn": f"{CONNEXION}/security.html#custom-security-handlers",
    "connexion.validators.abstract.AbstractRequestBodyValidator._parse": f"{CONNEXION}/validation.html",
    "connexion.validators.parameter.ParameterValidator.validate": f"{CONNEXION}/validation.html",
    **{
        f"starlette.requests.Request.{name}": f"{STARLETTE}/requests/"
        for name in ("cookies", "headers", "method", "path_params", "query_params", "scope", "stream", "url")
    },
    **{
        f"uvicorn.server.Server.{name}": f"{UVICORN}/#config-and-server-instances"
        for name in ("__init__", "run", "startup", "shutdown", "handle_exit", "capture_signals")
    },
    # The maintainers' own way to run a server in a thread waits for it.
    "uvicorn.server.Server.started": "https://github.com/encode/uvicorn/discussions/1103",
    **{
        f"uvicorn.protocols.http.httptools_impl.HttpToolsProtocol.{name}": page
        for page, names in (
            (
                PROTOCOL,
                ("__init__", "connection_made", "connection_lost", "data_received", "pause_writing", "resume_writing"),
            ),
            (HTTPTOOLS, ("on_message_begin", "on_url", "on_header", "on_headers_complete", "on_message_complete")),
        )
        for name in names
    },
}
"""Attributes that are used or overridden, and the page that documents each."""
PACKAGES = ("connexion", "starlette", "uvicorn")


def imported(tree: ast.Module) -> Iterator[str]:
    """Every name that is imported of the three packages, in full."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{each.name}" for each in node.names)


def is_theirs(value: Any) -> bool:
    return isinstance(value, type) and value.__module__.partition(".")[0] in PACKAGES


def is_ours(value: type) -> bool:
    return value.__module__.partition(".")[0] in ("flowcontract", "flowmock")


def full_name(value: type) -> str:
    return f"{value.__module__}.{value.__qualname__}"


def of_classes(tree: ast.Module, names: dict[str, Any]) -> Iterator[str]:
    """What classes of ours use of the class of theirs that they derive from, or override."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef):
            continue
        bases = [base for base in (evaluated(each, names) for each in node.bases) if isinstance(base, type)]
        theirs = next((each for base in bases for each in base.__mro__ if is_theirs(each)), None)
        if theirs is None:
            continue
        own = {name for base in bases for each in base.__mro__ if is_ours(each) for name in vars(each)}
        own |= {each.name for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
        own |= {each.id for body in node.body for each in ast.walk(body) if isinstance(each, ast.Name)}
        attributes = [each for each in ast.walk(node) if isinstance(each, ast.Attribute)]
        of_self = [each for each in attributes if isinstance(each.value, ast.Name) and each.value.id == "self"]
        own |= {each.attr for each in of_self if isinstance(each.ctx, ast.Store) and not hasattr(theirs, each.attr)}
        used = {each.attr for each in of_self} - own
        used |= {each.attr for each in attributes if isinstance(each.value, ast.Call) and is_super(each.value)}
        used |= {name for name in own if hasattr(theirs, name) and not hasattr(object, name)}
        yield from (f"{full_name(theirs)}.{name}" for name in used)


def is_super(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "super"


def of_values(tree: ast.Module, names: dict[str, Any]) -> Iterator[str]:
    """Attributes of variables that are annotated with a class of theirs, or hold what it makes."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        known: dict[str, type] = {}
        for node in ast.walk(function):
            if isinstance(node, ast.arg):
                name, found = node.arg, evaluated(node.annotation, names)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                name, found = node.target.id, evaluated(node.annotation, names)
            elif (
                isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Call)
                and isinstance(node.targets[0], ast.Name)
            ):
                name, found = node.targets[0].id, evaluated(node.value.func, names)
            else:
                continue
            if is_theirs(found):
                known[name] = found
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known:
                yield f"{full_name(known[node.value.id])}.{node.attr}"


def evaluated(node: ast.expr | None, names: dict[str, Any]) -> Any:
    """What a name or an attribute of a module stands for; None for anything else."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(evaluated(node.value, names), node.attr, None)
    return None


def attributes_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    names = dict(vars(importlib.import_module(module_of(path))))
    return {*of_classes(tree, names), *of_values(tree, names)}


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_documented_names_are_imported(path: Path) -> None:
    names = set(imported(ast.parse(path.read_text("utf-8"))))
    used = {name for name in names if name.partition(".")[0] in PACKAGES}

    assert used <= DOCUMENTED.keys()


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_documented_attributes_are_used(path: Path) -> None:
    assert attributes_of(path) <= ATTRIBUTES.keys()


def test_every_documented_name_is_used() -> None:
    used = {name for path in FILES for name in imported(ast.parse(path.read_text("utf-8")))}

    assert DOCUMENTED.keys() <= used
    assert ATTRIBUTES.keys() <= {name for path in FILES for name in attributes_of(path)}
