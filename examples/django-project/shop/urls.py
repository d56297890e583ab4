"""The API: a list and its items."""

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from shop.models import Book


@require_safe
def books(request: HttpRequest) -> JsonResponse:
    """All books."""
    return JsonResponse({"books": list(Book.objects.order_by("id").values("id", "title"))})


@require_safe
def book(request: HttpRequest, number: int) -> JsonResponse:
    """One book."""
    found = Book.objects.filter(id=number).values("id", "title").first() if number < 2**63 else None
    return JsonResponse(found or {"detail": "There is no such book."}, status=200 if found else 404)


def missing(request: HttpRequest, exception: Exception) -> JsonResponse:
    """The response to a path that does not exist."""
    return JsonResponse({"detail": "There is nothing here."}, status=404)


handler404 = "shop.urls.missing"
urlpatterns = [path("books", books), path("books/<int:number>", book)]
