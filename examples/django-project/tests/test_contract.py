"""Contract tests of the project, served from the test database."""

import pytest
from django.core.asgi import get_asgi_application
from shop.models import Book

from flowcontract.contract import Contract
from flowcontract.http.target import Target
from flowcontract.testing import OperationResult, parametrize, require_conclusive, serving

# Without this mark, pytest-django creates no test database.
pytestmark = pytest.mark.django_db(transaction=True)
CONTRACT = Contract.load("openapi.yaml")


@pytest.fixture(scope="session")
def flow_contract():
    """The contract."""
    return CONTRACT


@pytest.fixture(scope="session")
def flow_default_target(django_db_setup, django_db_blocker):
    """The project, served with the test database."""
    with django_db_blocker.unblock():
        Book.objects.create(title="Emma")  # your test data
        with serving(get_asgi_application()) as url:
            yield Target.at(url, CONTRACT.base_path)


@parametrize(CONTRACT)
def test_operation(flow_operation: OperationResult) -> None:
    """No response of the operation violates a rule."""
    flow_operation.check()


def test_the_result_is_conclusive(flow_result) -> None:
    """The application returned a success."""
    require_conclusive(flow_result)
