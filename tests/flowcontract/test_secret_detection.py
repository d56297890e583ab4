"""What is secret or personal is told by the name it stands under."""

import json

import pytest

from flowcontract.http import secret_detection
from flowcontract.http.messages import Request, Response

SECRET = """
apikey authorization bearer cookie credential credentials csrf csrfmiddlewaretoken csrftoken jwt
otp passcode passphrase passwd password pin pwd secret secrets sessionid sid signature token tokens
xsrf access_key api_key auth_key pass_word private_key session_id session_key
"""
FACTS = """
age at count enabled endpoint expiration expires expiry format hint in label length lifetime name
on policy required status ttl type uri url
"""
PERSONAL = """
address birthdate birthday dob email fax firstname fullname iban ip lastname login mail mobile
phone postcode ssn street surname telephone username zip birth_date credit_card family_name
first_name full_name given_name last_name user_name
"""


@pytest.mark.parametrize("name", SECRET.split())
def test_each_name_of_a_secret_is_known_and_what_is_a_fact_about_it(name: str) -> None:
    assert secret_detection.is_secret(name)
    assert secret_detection.is_secret(f"user_{name}")
    assert [fact for fact in FACTS.split() if secret_detection.is_secret(f"{name}_{fact}")] == []


@pytest.mark.parametrize("name", PERSONAL.split())
def test_each_name_of_something_personal_is_known(name: str) -> None:
    assert secret_detection.is_personal(name)
    assert not secret_detection.is_secret(name)


@pytest.mark.parametrize(
    "name", ["password", "userPassword", "API-Key", "x-api-key", "access_token", "accessToken", "CSRFToken", "session"]
)
def test_what_lets_somebody_in_is_secret(name: str) -> None:
    assert secret_detection.is_secret(name)


@pytest.mark.parametrize("name", ["authentication", "title", "keyboard", "compass", "session_duration", "monkey"])
def test_other_names_are_not(name: str) -> None:
    assert not secret_detection.is_secret(name)
    assert not secret_detection.is_personal(name)


@pytest.mark.parametrize("name", ["email", "userEmail", "first_name", "phone", "username"])
def test_what_is_about_a_person_is_personal(name: str) -> None:
    assert secret_detection.is_personal(name)


def test_the_secrets_of_a_request_are_found_wherever_they_stand() -> None:
    headers = (
        ("Authorization", "Basic dXNlcjpxdWl0ZS1zZWNyZXQ="),
        ("Cookie", "sid=in-a-cookie; theme=dark"),
        ("Content-Type", "application/json"),
    )
    body = json.dumps({"who": {"password": "in the body", "pin": 4711}, "size": 12345}).encode()
    found = secret_detection.of_request(Request("POST", "/x?token=in%20the%20query&page=1", headers, body))

    assert {"quite-secret", "in-a-cookie", "in the query", "in%20the%20query", "in the body", "4711"} <= {*found}
    assert not {"12345", "1"} & {*found}


def test_the_secrets_of_a_form_and_of_an_answer_are_found() -> None:
    form = Request("POST", "/", (("Content-Type", "application/x-www-form-urlencoded"),), b"password=a+b+c&x=1")
    answer = Response(200, (("Set-Cookie", "s=in-a-cookie; Path=/"),), b'{"tokens": ["in-a-list"]}', 0.0)

    assert {"a+b+c", "a b c"} <= {*secret_detection.of_request(form)}
    assert {"in-a-cookie", "in-a-list"} <= {*secret_detection.of_response(answer)}
