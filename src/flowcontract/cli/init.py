"""`flowcontract init`: write a configuration, a CI workflow and a first test by what the project has."""

import argparse
import json
import os
import re
import shlex
import sys
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.resources import files
from itertools import islice
from pathlib import Path

from flowcontract.cli import output
from flowcontract.errors import UsageError
from flowcontract.openapi import discovery, documents

SCHEMAS = ("config", "scenarios", "waivers", "profile")
"""JSON Schemas that editors read, in `.flowcontract/`."""
_LOCAL = "http://127.0.0.1:8000"
_MOST_FILES = 500
"""Files of code that are read to find the application."""
_REQUIREMENTS = (
    "requirements.txt", "requirements/ci.txt", "requirements/dev.txt", "requirements/local.txt",
    "requirements/test.txt", "requirements/base.txt", "requirements-dev.txt",
)  # fmt: skip
"""Files that pip installs from, the first that is there."""
_DJANGO_APPS = {
    "rest_framework": "djangorestframework", "drf_spectacular": "drf-spectacular", "django_filters": "django-filter",
}  # fmt: skip
"""Apps of Django projects, and the packages that have them."""
_DEBUG = re.compile(
    r"^DEBUG\s*(?::[^=\n]+)?=[^\n]*?\b(?:environ|getenv|env|config)\b[^\n]*?[\"']([A-Z][A-Z0-9_]*)[\"']", re.M
)
"""Settings that read debug mode from a variable."""
_SEED = "# python manage.py loaddata tests/contract.json"
_GO = {
    "github.com/gin-gonic/gin": "Gin", "github.com/labstack/echo": "Echo", "github.com/go-chi/chi": "chi",
    "github.com/gofiber/fiber": "Fiber",
}  # fmt: skip
"""Modules of Go projects, and the frameworks that they are."""
_GENERATED = re.compile(r"^//go:generate\b.*\boapi-codegen\b.*\s(\S+\.(?:ya?ml|json))\s*$", re.M)
"""The document that Go code is generated from."""
_PYTHON_IMAGE = "python:3.12"
_NODE_PACKAGES = {
    "package-lock.json": "npm ci",
    "npm-shrinkwrap.json": "npm ci",
    "pnpm-lock.yaml": "corepack enable && pnpm install",
    "yarn.lock": "corepack enable && yarn install",
}
"""Lock files of Node.js projects, and what installs the packages."""

_TOKEN = (
    "# DJANGO_SUPERUSER_PASSWORD=ci python manage.py createsuperuser --noinput --username ci --email ci@example.org",
    """# FLOWCONTRACT_TOKEN=$(python manage.py drf_create_token ci | cut -d' ' -f3)""",
)
"""A user and a token of Django REST framework, as comments of a workflow."""
_GITLAB = ".gitlab-ci.yml"
_REPORTS = "reports/contract"
_DEBUG_OFF = "# Turn DEBUG off: with it, the server is slow, and its errors are HTML pages."
_NO_INSTALL = "echo 'install your project here' && exit 1"
_LEFT_OUT = frozenset({
    "node_modules", "venv", "env", "build", "dist", "site-packages", "__pycache__", "vendor", "tests",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Project:
    """What was found in a folder."""

    framework: str
    """Name of the framework for messages; empty if none was recognized."""
    spec: str
    """The contract: a file of the project, or the URL at which the framework serves it; empty if unknown."""
    start: str
    """Shell command that starts the server."""
    install: str
    """Shell command that installs the project."""
    prepare: tuple[str, ...] = ()
    """Shell commands and comments before the start."""
    generate: str = ""
    """Shell command that writes the contract; empty where it is a file of the project, or served."""
    debug: str = ""
    """Environment variable of the debug mode; empty if unknown."""
    module: str = ""
    """Module of a FastAPI application that a test can import."""
    app: str = ""
    """Its name in the module."""
    image: str = _PYTHON_IMAGE
    """The image in which GitLab runs the job."""
    workflow: str = ""
    """The file of the CI system that the repository uses, from the root of the repository."""
    branch: str = "main"
    """The branch that a push to is tested."""
    below: str = ""
    """The folder of the project within its repository, with a slash at its end; empty for the root itself."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="folder of the project (default: the current folder)",
    )
    output.add_to(parser, as_json=None)


def run(arguments: argparse.Namespace) -> int:
    """Write missing files, and print what was found and what to do next."""
    folder = arguments.folder
    if not folder.is_dir():
        raise UsageError(
            f"expected a folder, got {str(folder)!r}, which is not a folder.", do="Pass the folder of your project."
        )
    found = inspect(folder)
    written, there = [], []
    for name, text in contents(found).items():
        path = folder / name
        if path.exists():
            there.append(os.path.relpath(path))
            continue
        documents.make_folder(path.parent)
        documents.write(path, text)
        written.append(os.path.relpath(path))
    if not arguments.quiet:
        sys.stdout.write(_summary(found, folder, written, there))
    return 0


def inspect(folder: Path) -> Project:
    """The contract and the framework of a project."""
    document = discovery.document_in(folder)
    found = _framework(folder, document.relative_to(folder).as_posix() if document else "")
    is_known = document or (found.spec and not found.generate)
    looked_at = () if is_known else (folder, folder / "api")
    if other := next(filter(None, map(discovery.any_document_in, looked_at)), None):
        found = _framework(folder, other.relative_to(folder).as_posix())
    whole = folder.resolve()
    root = next((each for each in (whole, *whole.parents) if (each / ".git").exists()), whole)
    below = f"{whole.relative_to(root).as_posix()}/" if whole != root else ""
    return replace(found, workflow=_workflow_of(root, below), branch=_branch_of(root), below=below)


def _branch_of(root: Path) -> str:
    """The main branch of a repository: `master` where it has no `main`."""
    heads = root / ".git" / "refs" / "heads"
    return "master" if (heads / "master").is_file() and not (heads / "main").exists() else "main"


def _workflow_of(root: Path, below: str) -> str:
    """The workflow of the CI system: GitLab's, where the repository has a file of it or a remote with its name.

    A project `below` the root has a file of its own there; a part of a pipeline is to be included in it.
    """
    name = re.sub(r"[^\w.]+", "-", f"contract/{below}").strip("-")
    github, part = f".github/workflows/{name}.yml", f".gitlab/{name}.yml"
    if (root / ".github").is_dir():
        return github
    pipeline = root / _GITLAB
    if pipeline.is_file():
        return _GITLAB if not below and "flowcontract" in _text(pipeline) else part
    remotes = re.findall(r"^\s*url\s*=\s*(.+)$", _text(root / ".git" / "config"), re.M)
    if any("gitlab" in re.split(r"[:/]", re.sub(r"^\w+://", "", url))[0] for url in remotes):
        return part if below else _GITLAB
    return github


def _framework(folder: Path, spec: str) -> Project:
    """The framework, and how it is installed and started."""
    requirements = _requirements(folder)
    application = next(_applications(folder), None)
    install = _install(folder)
    if "fastapi" in requirements or (application and not requirements):
        module, app, below = application or ("main", "app", "")
        inside = f" --app-dir {shlex.quote(below)}" if below else ""
        start = f"python -m uvicorn{inside} {module}:{app} --port 8000 &"
        install = install or "python -m pip install fastapi uvicorn"
        # `python -m pytest` finds modules of this folder, and those in `src` where the project is installed.
        is_found = application is not None and below in ("", "src") and all(map(str.isidentifier, module.split(".")))
        document = spec or f"{_LOCAL}/openapi.json"
        return Project("FastAPI", document, start, install, module=module if is_found else "", app=app)
    if (folder / "manage.py").is_file():
        return _django(folder, spec, install, requirements)
    if any("flask" in name for name in requirements):
        served = f"{_LOCAL}/openapi.json" if "apiflask" in requirements else ""
        return Project("Flask", spec or served, "python -m flask run --port 8000 &", install)
    if (folder / "go.mod").is_file():
        return _go(folder, spec)
    if (folder / "package.json").is_file():
        locked = (command for name, command in _NODE_PACKAGES.items() if (folder / name).is_file())
        return Project("Node.js", spec, "PORT=8000 npm start &", next(locked, "npm install"), image="node:22")
    start = "echo 'start your server here, on port 8000' && exit 1"
    return Project("", spec, start, install or _NO_INSTALL)


def _install(folder: Path) -> str:
    """The command that installs the project's dependencies; empty if no file lists them."""
    listed = (name for name in _REQUIREMENTS if (folder / name).is_file())
    more = (path.relative_to(folder).as_posix() for path in sorted(folder.glob("requirements*/*.txt")))
    if name := next(listed, None) or next(more, None):
        return f"python -m pip install -r {name}"
    if any((folder / name).is_file() for name in ("pyproject.toml", "setup.py")):
        return "python -m pip install ."
    if (folder / "Pipfile").is_file():
        return "python -m pip install pipenv && pipenv install --system --dev"
    return ""


def _django(folder: Path, spec: str, install: str, requirements: Container[str]) -> Project:
    """A Django project, by its settings and requirements."""
    texts = map(_text, islice(_files(folder), _MOST_FILES))
    settings = "\n".join(text for text in texts if "INSTALLED_APPS" in text)
    packages = [package for app, package in _DJANGO_APPS.items() if app in settings or package in requirements]
    generate = "python manage.py spectacular --file openapi.yaml" if "drf-spectacular" in packages and not spec else ""
    prepare = [generate] if generate else []
    prepare += ["python manage.py migrate", "# The database is empty: add test data, and a user with a token.", _SEED]
    prepare += _TOKEN if "rest_framework.authtoken" in settings else []
    debug = _DEBUG.search(settings)
    return Project(
        "Django REST framework" if "djangorestframework" in packages else "Django",
        spec or ("openapi.yaml" if generate else ""),
        "python manage.py runserver --noreload 8000 &",
        install or f"python -m pip install {' '.join(['django', *packages])} # and what else your project needs",
        tuple(prepare),
        generate,
        debug[1] if debug else "",
    )


def _go(folder: Path, spec: str) -> Project:
    """A Go project, by its modules and its main package."""
    modules = _text(folder / "go.mod")
    framework = next((name for module, name in _GO.items() if module in modules), "Go")
    code = {
        path: _text(path) for path in islice(_files(folder, "go"), _MOST_FILES) if not path.name.endswith("_test.go")
    }
    mains = sorted({path.parent for path, text in code.items() if re.search(r"^func main\(\)", text, re.M)})
    # Tools of a project have main packages, too: the server is at the top, or is named after its task or the module.
    named = re.findall(r"^module\s+\S*?([^/\s]+)(?:/v\d+)?$", modules, re.M)
    main = min(mains, key=lambda path: (path != folder, path.name not in ("server", "api", *named)), default=folder)
    sources = ((path.parent / match[1]).resolve() for path, text in code.items() for match in _GENERATED.finditer(text))
    inside = (path for path in sources if path.is_file() and path.is_relative_to(folder.resolve()))
    document = next((path.relative_to(folder.resolve()).as_posix() for path in inside), "")
    package = "." if main == folder else f"./{main.relative_to(folder).as_posix()}"
    return Project(framework, spec or document, f"PORT=8000 go run {package} &", "go mod download", image="golang:1")


def contents(project: Project) -> dict[str, str]:
    """The files to write, by their paths in the project."""
    document = json.dumps(project.spec or "openapi.yaml", ensure_ascii=False)  # As TOML and Python have it, too.
    spec = f"spec = {document}" if project.spec else f"# spec = {document}"
    # Beside a server that serves the document itself, the mock needs another port.
    port = "port = 8001" if "://" in project.spec else "# port = 8000"
    in_process = bool(project.module)
    test = _template("test_app.py.txt" if in_process else "test_contract.py.txt")
    return {
        "flowcontract.toml": _filled(_template("flowcontract.toml"), SPEC=spec, URL=_LOCAL, PORT=port),
        "../" * project.below.count("/") + project.workflow: _workflow(project),
        f"{_REPORTS}/.gitignore": "# Reports contain responses of the server; do not commit them.\n*\n!.gitignore\n",
        "tests/test_contract.py": _filled(test, SPEC=document, MODULE=project.module, APP=project.app),
        **{
            f".flowcontract/{name}.schema.json": files("flowcontract")
            .joinpath(f"schemas/{name}.schema.json")
            .read_text("utf-8")
            for name in SCHEMAS
        },
    }


def _workflow(project: Project) -> str:
    """The workflow of the CI system."""
    return _github(project) if project.workflow.startswith(".github/") else _gitlab(project)


def _github(project: Project) -> str:
    """The workflow of GitHub."""
    lines = []
    if project.framework.startswith("Django"):
        if project.debug:
            lines += ["env:", f'  {project.debug}: "0" # ALLOWED_HOSTS needs 127.0.0.1 then']
        else:
            lines.append(_DEBUG_OFF)
    lines.append("run: |")
    commands = (re.sub(r"^(# )(FLOWCONTRACT_TOKEN=.*)$", r'\1echo "\2" >> "$GITHUB_ENV"', c) for c in project.prepare)
    lines += [f"  {line}" for line in (*commands, project.start)]
    return _filled(
        _template("workflow.yml"),
        FOLDER=f'    defaults:\n      run:\n        working-directory: "{project.below}"\n' if project.below else "",
        BELOW=project.below,
        BRANCH=project.branch,
        INSTALL=_indented([project.install or _NO_INSTALL], 10),
        START=_indented(lines, 8),
        VERSION=version("flowcontract"),
    )


def _gitlab(project: Project) -> str:
    """The job of GitLab."""
    install, variables = [project.install or _NO_INSTALL], ""
    if project.image != _PYTHON_IMAGE:
        install.insert(0, "apt-get update --quiet && apt-get install --quiet --yes python3-pip")
        variables = '  variables:\n    PIP_BREAK_SYSTEM_PACKAGES: "1" # the image is for this job only\n'
    if project.debug:
        variables = f'  variables:\n    {project.debug}: "0" # ALLOWED_HOSTS needs 127.0.0.1 then\n'
    without_debug = [_DEBUG_OFF] if project.framework.startswith("Django") and not project.debug else []
    prepare = (re.sub(r"^# (?=FLOWCONTRACT_TOKEN=)", "# export ", command) for command in project.prepare)
    if project.below:
        install.insert(0, f"cd {shlex.quote(project.below)}")
    return _filled(
        _template("gitlab.yml"),
        NAME=Path(project.workflow).stem if project.below else "contract",
        BELOW=project.below,
        IMAGE=project.image,
        VARIABLES=variables,
        INSTALL=_indented(install, 6),
        START=_indented([*without_debug, *prepare, project.start], 6),
        VERSION=version("flowcontract"),
    )


def _indented(lines: Iterable[str], spaces: int) -> str:
    return "\n".join(f"{' ' * spaces}{line}" for line in lines)


def _summary(found: Project, folder: Path, written: Iterable[str], there: Iterable[str]) -> str:
    steps = _next(found)
    if folder.resolve() != Path.cwd().resolve():
        steps = [f"next: run `cd {shlex.quote(str(folder))}`;", *(re.sub("^next:", "     ", line) for line in steps)]
    lines = [
        f"contract   {found.spec or 'not found: set `spec` in flowcontract.toml'}",
        f"framework  {found.framework or 'not recognized: edit the step that starts the server in the workflow'}",
        *(f"written    {name}" for name in written),
        *(f"unchanged  {name} (it exists)" for name in there),
        "",
        *steps,
    ]
    if found.workflow.startswith(".gitlab/"):
        lines.append(f"      `include: {found.workflow}` in {_GITLAB} adds the job to your pipeline")
    return "\n".join(lines) + "\n"


def _next(found: Project) -> list[str]:
    """What to try next; a document that the server itself serves needs the server first."""
    test = "then test it with `flowcontract gate` and `python -m pytest tests/test_contract.py`"
    if not found.spec:
        return [
            "next: set `spec` in flowcontract.toml: the file or URL of your OpenAPI document; start your server,",
            f"      {test}",
        ]
    start = found.start.removesuffix(" &")
    if found.generate:
        return [
            f"next: write the contract with `{found.generate}`;",
            f"      start your server with `{start}`,",
            f"      {test}",
        ]
    if "://" in found.spec:
        return [f"next: start your server, for example with `{start}`,", f"      {test}"]
    return ["next: mock your API with `flowcontract mock`; start your server,", f"      {test}"]


def _requirements(folder: Path) -> frozenset[str]:
    """The names in the files that list the project's dependencies."""
    listed = ("requirements.txt", "pyproject.toml", "setup.cfg", "setup.py", "Pipfile")
    text = "\n".join(_text(folder / name) for name in listed)
    return frozenset(re.split(r"[^a-z0-9-]+", text.lower().replace("_", "-"))) - {""}


def _applications(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Modules with `NAME = FastAPI(…)`: their names, NAME, and the folder that they are imported from."""
    for path in islice(_files(folder), _MOST_FILES):
        match = re.search(r"^(\w+)\s*(?::[^=\n]+)?=\s*FastAPI\(", _text(path), re.M)
        if match:
            *above, name = path.relative_to(folder).with_suffix("").parts
            tops = [at for at in range(1, len(above) + 1) if not _is_package(folder.joinpath(*above[:at]))]
            top = max(tops, default=0)
            parts = above[top:] if name == "__init__" else [*above[top:], name]
            yield ".".join(parts), match[1], "/".join(above[:top])


def _is_package(folder: Path) -> bool:
    """Whether a folder can be a package: `src` and one with a hyphen in its name usually hold packages."""
    return folder.name.isidentifier() and (folder.name != "src" or (folder / "__init__.py").is_file())


def _files(folder: Path, suffix: str = "py") -> Iterator[Path]:
    """The files of code in a folder and below it, without tests and without what others wrote."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _LEFT_OUT)
        yield from (Path(here, name) for name in sorted(names) if name.endswith(f".{suffix}"))


def _text(path: Path) -> str:
    """The text of a file; empty for one that cannot be read, such as a link to nothing."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _template(name: str) -> str:
    return files("flowcontract").joinpath(f"cli/templates/{name}").read_text("utf-8")


def _filled(text: str, **values: str) -> str:
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text
