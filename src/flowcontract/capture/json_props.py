"""JSON files beside a page, which hold attributes of its elements (the generator's option `externalJsonProps`)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowcontract.capture.jsx import Element, File
from flowcontract.capture.page import Page, read_text
from flowcontract.errors import CaptureError


def attribute_of(page: Page, element: Element, attribute: str) -> Any:
    """An attribute in the body, or in the file that holds it. Raises CaptureError where there is no such file."""
    value = element.attributes.get(attribute)
    if isinstance(value, File):
        return _beside(page, value.name)
    if value is None and element.file:
        attributes = _beside(page, element.file)
        if not isinstance(attributes, Mapping):
            raise CaptureError(f"{element.file} is not a JSON object.", do="Download it again.")
        return attributes.get(attribute)
    return value


def _beside(page: Page, name: str) -> Any:
    """The JSON value of a file in the page's folder. Raises CaptureError."""
    if page.folder is None or name.removeprefix("./") != Path(name).name:
        raise CaptureError(f"{name} is not in the folder of the page.", do="Copy it there.")
    try:
        return json.loads(read_text(page.folder / name))
    except (ValueError, RecursionError) as error:
        raise CaptureError(f"{name} is not JSON.", do="Download it again.") from error
