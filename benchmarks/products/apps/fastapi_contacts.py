"""A FastAPI application in the usual style: contacts with soft deletion and addresses that are stored in lower case."""

import uuid
from datetime import UTC, datetime
from typing import Annotated

from fastapi import FastAPI, HTTPException, Query, Response, status
from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Message(BaseModel):
    detail: str


def _lower(text: str) -> str:
    return text.lower()


Name = Annotated[str, Field(min_length=1, max_length=60)]
Email = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9._-]{1,40}@[a-z0-9-]{1,40}\.example$", description="Stored in lower case."),
    AfterValidator(_lower),
]


class ContactIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    email: Email
    note: Annotated[str | None, Field(max_length=200)] = None


class ContactChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name = Field(default_factory=str)
    email: Email = Field(default_factory=str)
    note: Annotated[str | None, Field(max_length=200)] = None


class Contact(ContactIn):
    id: uuid.UUID
    created_at: datetime


class ContactPage(BaseModel):
    items: list[Contact]
    total: int
    limit: int
    offset: int


app = FastAPI(title="Contacts", version="1.0.0")
_contacts: dict[uuid.UUID, Contact] = {}
_deleted: set[uuid.UUID] = set()
_MISSING = {404: {"model": Message}}
_GONE = {**_MISSING, 410: {"model": Message, "description": "The contact was deleted."}}


def _find(contact_id: uuid.UUID) -> Contact:
    if contact_id in _deleted:
        raise HTTPException(status.HTTP_410_GONE, "This contact was deleted.")
    if contact_id not in _contacts:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "There is no such contact.")
    return _contacts[contact_id]


def _store(body: ContactIn) -> Contact:
    contact = Contact(**body.model_dump(), id=uuid.uuid4(), created_at=datetime.now(UTC))
    _contacts[contact.id] = contact
    return contact


@app.get("/contacts")
def list_contacts(
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0)] = 0,
    q: Annotated[str | None, Query(max_length=60, description="Part of the name, whatever its case.")] = None,
) -> ContactPage:
    chosen = [one for one in _contacts.values() if one.id not in _deleted and (q or "").lower() in one.name.lower()]
    return ContactPage(items=chosen[offset : offset + limit], total=len(chosen), limit=limit, offset=offset)


@app.post("/contacts", status_code=status.HTTP_201_CREATED)
def create_contact(body: ContactIn, response: Response) -> Contact:
    contact = _store(body)
    response.headers["Location"] = f"/contacts/{contact.id}"
    return contact


@app.get("/contacts/{contact_id}", responses=_GONE)
def get_contact(contact_id: uuid.UUID) -> Contact:
    return _find(contact_id)


@app.put("/contacts/{contact_id}", responses=_GONE)
def replace_contact(contact_id: uuid.UUID, body: ContactIn) -> Contact:
    before = _find(contact_id)
    _contacts[contact_id] = Contact(**body.model_dump(), id=before.id, created_at=before.created_at)
    return _contacts[contact_id]


@app.patch("/contacts/{contact_id}", responses=_GONE)
def update_contact(contact_id: uuid.UUID, body: ContactChange) -> Contact:
    _contacts[contact_id] = _find(contact_id).model_copy(update=body.model_dump(exclude_unset=True))
    return _contacts[contact_id]


@app.delete("/contacts/{contact_id}", status_code=status.HTTP_204_NO_CONTENT, responses=_GONE)
def delete_contact(contact_id: uuid.UUID) -> None:
    _find(contact_id)
    _deleted.add(contact_id)


for _name in ("Ines Calder", "Tomas Weir", "Ada Moss"):
    _store(ContactIn(name=_name, email=f"{_name.replace(' ', '.')}@post.example"))
